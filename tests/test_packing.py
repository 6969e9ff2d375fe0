"""Prepared data sets: the card, the checks, and that they are whole or not there."""

import hashlib
import json
import shutil
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.sparse import csr_array

from narrows import blocks, packing
from narrows.datasets.base import Block, Dataset, Part
from narrows.errors import UserError
from narrows.packing import data_identity, prepare, prepared, read_card
from narrows.spec import Spec
from narrows.store import StoredCsr

OPTIONS = {"_target_": "somewhere.Table", "rows": 5}


def good():
    rng = np.random.default_rng(0)
    return {
        part: Part(
            rng.normal(size=(n, 3)).astype(np.float32), rng.integers(0, 2, (n, 2)).astype(np.uint8)
        )
        for part, n in (("train", 5), ("val", 3), ("test", 4))
    }


@dataclass
class Table(Dataset):
    parts: dict = field(default_factory=good)
    split_rule: str = "as it comes"
    on_error: str = "stop"
    duplicates: str = "report"
    files: list = field(default_factory=list)

    def spec(self):
        return Spec((3,), ("left", "right"), "table")

    def load(self, work):
        return self.parts

    def sources(self):
        return self.files


def contents(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_the_card_says_what_is_there(tmp_path):
    table = Table()
    prepare(table, OPTIONS, tmp_path / "data")
    card = read_card(tmp_path / "data")
    assert card == json.loads((tmp_path / "data/card.json").read_text())
    assert card["dataset"] == OPTIONS
    assert card["split_rule"] == "as it comes"
    assert card["spec"] == {"shape": [3], "labels": ["left", "right"], "kind": "table"}
    assert list(card["parts"]) == ["train", "val", "test"]
    for name, part in table.parts.items():
        entry = card["parts"][name]
        assert entry["examples"] == len(part.x)
        assert entry["positives"] == {
            "left": sum(row[0] for row in part.y.tolist()),
            "right": sum(row[1] for row in part.y.tolist()),
        }
        for letter, array in (("x", part.x), ("y", part.y)):
            path = tmp_path / "data" / f"{name}.{letter}.npy"
            assert entry[letter]["shape"] == list(array.shape)
            assert entry[letter]["dtype"] == str(array.dtype)
            assert entry[letter]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            assert np.array_equal(np.load(path), array)


def test_the_identity_is_that_of_the_content(tmp_path):
    tables = [Table(), Table(), Table()]
    tables[2].parts["test"].x[3, 1] += 1e-6
    for number, table in enumerate(tables):
        prepare(table, OPTIONS, tmp_path / str(number))
    one, same, other = (data_identity(tmp_path / str(number)) for number in range(3))
    assert one == same
    assert one != other


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_told_with_their_row(tmp_path, value):
    table = Table()
    table.parts["val"].x[1, 2] = value
    with pytest.raises(UserError, match="example 1 of the val part has NaN"):
        prepare(table, OPTIONS, tmp_path / "data")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("x", "y"),
    [((4, 4), (4, 2)), ((4, 3), (4, 3)), ((4, 3), (3, 2)), ((4, 3, 1), (4, 2)), ((4, 3), (4,))],
)
def test_shapes_that_do_not_fit_are_told(tmp_path, x, y):
    table = Table()
    table.parts["test"] = Part(np.zeros(x, np.float32), np.zeros(y, np.uint8))
    with pytest.raises(UserError, match="the test part has x") as told:
        prepare(table, OPTIONS, tmp_path / "data")
    assert str(x) in str(told.value)
    assert str(y) in str(told.value)
    assert not list(tmp_path.iterdir())


def test_a_failure_midway_leaves_the_old_data_set(tmp_path, monkeypatch):
    prepare(Table(), OPTIONS, tmp_path / "data")
    before = contents(tmp_path / "data")
    save, calls = packing.save, []

    def failing(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise OSError("disk full")
        save(*arguments)

    monkeypatch.setattr(packing, "save", failing)
    changed = Table()
    changed.parts["train"].x[:] = 7
    with pytest.raises(OSError, match="disk full"):
        prepare(changed, OPTIONS, tmp_path / "data")
    assert contents(tmp_path / "data") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [".data.partial", "data"]
    monkeypatch.undo()
    prepare(changed, OPTIONS, tmp_path / "data")
    assert (np.load(tmp_path / "data/train.x.npy") == 7).all()
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_data_is_prepared_once_for_its_options_and_its_code(tmp_path):
    loads = []

    class Counted(Table):
        def load(self, work):
            loads.append(1)
            return super().load(work)

    first = prepared(Counted(), OPTIONS, "code", tmp_path)
    assert prepared(Counted(), OPTIONS, "code", tmp_path) == first
    assert len(loads) == 1
    others = {
        prepared(Counted(), OPTIONS, "changed", tmp_path),
        prepared(Counted(), OPTIONS | {"rows": 6}, "code", tmp_path),
    }
    assert len(others | {first}) == 3


def test_a_missing_card_is_told(tmp_path):
    with pytest.raises(UserError, match=r"card\.json is missing"):
        read_card(tmp_path)


@dataclass
class Slow:
    """Rows that are read block by block; some cannot be."""

    n: int
    broken: tuple = ()
    sparse: bool = False
    dtype = np.dtype(np.float32)

    @property
    def shape(self):
        return (self.n, 3)

    def block(self, start, stop):
        values = expected(self.n)[start:stop]
        problems = {i - start: f"row {i} is bad" for i in self.broken if start <= i < stop}
        for row in problems:
            values[row] = np.nan
        return Block(csr_array(values) if self.sparse else values, problems)


def expected(n):
    values = np.random.default_rng(1).normal(size=(n, 3)).astype(np.float32)
    values[::3, 1] = 0
    return values


def slow(sparse, broken=(), n=6000):
    parts = good()
    y = np.random.default_rng(2).integers(0, 2, (n, 2)).astype(np.uint8)
    parts["train"] = Part(Slow(n, broken, sparse), y, labelled=n - 1000)
    return parts


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks small enough that worker processes are worth starting."""
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 6000)
    monkeypatch.setattr(blocks, "_SPARSE_ROWS", 500)


def packed_train(folder, sparse):
    if not sparse:
        return np.load(folder / "train.x.npy")
    stored = StoredCsr.open(folder, "train")
    return stored[0 : len(stored)].toarray()


@pytest.mark.parametrize("sparse", [False, True])
def test_rows_that_are_read_block_by_block(tmp_path, small_blocks, sparse):
    prepare(Table(slow(sparse)), OPTIONS, tmp_path / "data")
    assert np.array_equal(packed_train(tmp_path / "data", sparse), expected(6000))
    entry = read_card(tmp_path / "data")["parts"]["train"]
    assert (entry["examples"], entry["labelled"]) == (6000, 5000)
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    assert not list((tmp_path / "data").glob("*.block"))


@pytest.mark.parametrize("sparse", [False, True])
def test_rows_with_a_problem_stop_or_are_left_out(tmp_path, small_blocks, sparse):
    broken = (0, 17, 4999, 5000, 5999)
    table = Table(slow(sparse, broken))
    with pytest.raises(
        UserError, match=r"^row \d+ is bad; mend it, or leave .* dataset.on_error=skip$"
    ):
        prepare(table, OPTIONS, tmp_path / "data")
    assert not list(tmp_path.iterdir())
    table.on_error = "skip"
    prepare(table, OPTIONS, tmp_path / "data")
    keep = np.setdiff1d(np.arange(6000), broken)
    assert np.array_equal(packed_train(tmp_path / "data", sparse), expected(6000)[keep])
    assert np.array_equal(np.load(tmp_path / "data/train.y.npy"), table.parts["train"].y[keep])
    card = read_card(tmp_path / "data")
    assert [s["problem"] for s in card["skipped"]] == [f"row {row} is bad" for row in broken]
    assert card["skipped_in_all"] == len(broken)
    entry = card["parts"]["train"]
    assert (entry["examples"], entry["labelled"]) == (5995, 4997)
    assert entry["x"]["shape"] == [5995, 3]


def slow_all_broken():
    return good() | {"train": Part(Slow(20, tuple(range(20))), np.zeros((20, 2), np.uint8))}


def test_what_was_left_out_is_listed_in_one_order(tmp_path, small_blocks):
    # Blocks end in any order; the card, which runs depend on, must not tell which.
    parts = slow(False, (5, 5990))
    parts["val"] = Part(Slow(3000, (1, 2999)), np.zeros((3000, 2), np.uint8))
    for number in range(3):
        prepare(Table(parts, on_error="skip"), OPTIONS, tmp_path / str(number))
        told = read_card(tmp_path / str(number))["skipped"]
        assert [(s["part"], s["problem"].split()[1]) for s in told] == [
            ("train", "5"), ("train", "5990"), ("val", "1"), ("val", "2999"),
        ]  # fmt: skip


def test_a_part_of_which_nothing_can_be_used_is_told(tmp_path):
    table = Table(slow_all_broken(), on_error="skip")
    with pytest.raises(UserError, match="no example of the train part is left"):
        prepare(table, OPTIONS, tmp_path / "data")


@pytest.mark.parametrize("sparse", [False, True])
def test_a_killed_preparation_goes_on_where_it_was(tmp_path, small_blocks, monkeypatch, sparse):
    monkeypatch.setattr(blocks, "_JOURNAL_SECONDS", 0.0)
    monkeypatch.setattr(blocks, "cores", lambda: 1000)
    read, block = [], Slow.block

    def counted(self, start, stop):
        if len(read) == 5:
            raise KeyboardInterrupt
        read.append(start)
        return block(self, start, stop)

    monkeypatch.setattr(Slow, "block", counted)
    with pytest.raises(KeyboardInterrupt):
        prepare(Table(slow(sparse)), OPTIONS, tmp_path / "data")
    first = list(read)
    # A process that is killed while it writes may leave a part of a line.
    journal = tmp_path / ".data.partial/data/journal.jsonl"
    journal.write_text(journal.read_text() + '[["train", 60')
    monkeypatch.setattr(Slow, "block", lambda *a: (read.append(a[1]), block(*a))[1])
    prepare(Table(slow(sparse)), OPTIONS, tmp_path / "data")
    assert len(first) == 5
    assert sorted(read) == sorted(set(read))
    assert np.array_equal(packed_train(tmp_path / "data", sparse), expected(6000))
    straight = tmp_path / "straight"
    prepare(Table(slow(sparse)), OPTIONS, straight)
    assert contents(straight) == contents(tmp_path / "data")


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("moment", ["_duplicates", "forget_blocks", "write_json", "_discard"])
def test_a_kill_at_any_moment_after_reading_loses_nothing(
    tmp_path, small_blocks, monkeypatch, sparse, moment
):
    folder = tmp_path / "data"
    whole = getattr(packing, moment)
    calls = []

    def killed(*arguments, **options):
        # The plan is written, and what was begun discarded, at the start too.
        calls.append(arguments)
        if len(calls) == {"write_json": 2, "_discard": 2}.get(moment, 1):
            raise KeyboardInterrupt
        return whole(*arguments, **options)

    monkeypatch.setattr(packing, moment, killed)
    table = Table(slow(sparse, (3, 5000)), on_error="skip")
    with pytest.raises(KeyboardInterrupt):
        prepare(table, OPTIONS, folder)
    monkeypatch.setattr(packing, moment, whole)
    # As DVC does, which removes what a stage is to make.
    shutil.rmtree(folder, ignore_errors=True)
    prepare(table, OPTIONS, folder)
    prepare(table, OPTIONS, tmp_path / "straight")
    assert contents(folder) == contents(tmp_path / "straight")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "straight"]


def test_a_plan_is_removed_before_what_it_speaks_of(tmp_path, monkeypatch):
    partial = packing._begin(tmp_path / "data", {"options": OPTIONS})
    (partial / "data/journal.jsonl").write_text("x")
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    packing._discard(partial)
    assert not (partial / "plan.json").exists()


def test_what_was_begun_from_another_source_is_not_gone_on_with(tmp_path, small_blocks):
    source = tmp_path / "source"
    source.write_text("one")
    table = Table(slow(False, (5999,)), files=[source])
    partial = tmp_path / ".data.partial/data"
    for text, kept in (("one", True), ("two!", False)):
        source.write_text(text)
        begun = packing._begin(tmp_path / "data", {"options": OPTIONS, **packing._state(table)})
        assert (partial / "mark").is_file() == (kept and text != "one")
        (begun / "data/mark").touch()


def test_a_changed_source_is_prepared_anew(tmp_path):
    source = tmp_path / "files"
    (source / "below").mkdir(parents=True)
    (source / "below/one").write_text("1")
    table = Table(files=[source])
    first = prepared(table, OPTIONS, "code", tmp_path / "data")
    assert prepared(table, OPTIONS, "code", tmp_path / "data") == first
    (source / "below/two").write_text("2")
    second = prepared(table, OPTIONS, "code", tmp_path / "data")
    assert second != first
    # The content is the same: runs that were made from it are still good.
    assert data_identity(first) == data_identity(second)


def test_duplicates_are_told_and_removed_where_that_is_asked_for(tmp_path):
    parts = good()
    parts["train"].x[[1, 3]] = parts["test"].x[[0, 0]]
    parts["val"].x[2] = parts["test"].x[3]
    prepare(Table(parts), OPTIONS, tmp_path / "report")
    assert len(np.load(tmp_path / "report/train.x.npy")) == 5
    prepare(Table(parts, duplicates="remove"), OPTIONS, tmp_path / "remove")
    card = read_card(tmp_path / "remove")
    assert card["duplicates"]["removed"] == {"train": 2, "val": 1}
    assert np.array_equal(np.load(tmp_path / "remove/train.x.npy"), parts["train"].x[[0, 2, 4]])
    assert np.array_equal(np.load(tmp_path / "remove/train.y.npy"), parts["train"].y[[0, 2, 4]])
    assert np.array_equal(np.load(tmp_path / "remove/val.x.npy"), parts["val"].x[:2])
    assert card["parts"]["train"]["labelled"] == 3


def test_too_little_room_is_told_before_anything_is_read(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(Slow, "block", None)
    with pytest.raises(UserError, match="takes 0 MB, but 0 MB are free"):
        prepare(Table(slow(False)), OPTIONS, tmp_path / "data")


def test_a_source_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match="nowhere is not there"):
        prepare(Table(files=[tmp_path / "nowhere"]), OPTIONS, tmp_path / "data")


def test_a_source_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(packing.os, "scandir", refuse)
    (tmp_path / "source").mkdir()
    with pytest.raises(UserError, match="source may not be read"):
        prepare(Table(files=[tmp_path / "source"]), OPTIONS, tmp_path / "data")
