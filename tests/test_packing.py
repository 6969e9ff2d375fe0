"""Prepared data sets: the card, the checks, and that they are whole or not there."""

import hashlib
import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from narrows.datasets.base import Part
from narrows.errors import UserError
from narrows.packing import data_identity, prepare, prepared, read_card
from narrows.spec import Spec

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
class Table:
    parts: dict = field(default_factory=good)
    split_rule: str = "as it comes"

    def spec(self):
        return Spec((3,), ("left", "right"), "table")

    def load(self):
        return self.parts


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
    save, calls = np.save, []

    def failing(*arguments, **options):
        calls.append(1)
        if len(calls) == 4:
            raise OSError("disk full")
        save(*arguments, **options)

    monkeypatch.setattr(np, "save", failing)
    changed = Table()
    changed.parts["train"].x[:] = 7
    with pytest.raises(OSError, match="disk full"):
        prepare(changed, OPTIONS, tmp_path / "data")
    assert contents(tmp_path / "data") == before
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    monkeypatch.undo()
    prepare(changed, OPTIONS, tmp_path / "data")
    assert (np.load(tmp_path / "data/train.x.npy") == 7).all()


def test_data_is_prepared_once_for_its_options_and_its_code(tmp_path):
    loads = []

    class Counted(Table):
        def load(self):
            loads.append(1)
            return super().load()

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
