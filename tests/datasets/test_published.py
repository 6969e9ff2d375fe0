"""What all published data sets have to do, with their files and without."""

from pathlib import Path

import numpy as np
import pytest
from helpers import node

from narrows.build import make
from narrows.datasets.base import Part
from narrows.datasets.published import numbers, split, split_groups
from narrows.errors import UserError
from narrows.packing import prepare, read_card
from narrows.readers import download, places

DOWNLOADED = {"mnist", "fashion_mnist", "cifar10"}
OTHERS = {
    "corel5k", "omniglot", "att_faces", "adbench", "t91", "set5", "set14", "bsd100",
    "emotions", "scene", "yeast", "enron", "tmc2007_500",
}  # fmt: skip


@pytest.fixture
def nowhere(workdir, monkeypatch):
    def refuse(url):
        raise OSError("no network in tests")

    monkeypatch.setattr(download, "_open", refuse)
    monkeypatch.setattr(places, "SYSTEM", ())
    monkeypatch.delenv("NARROWS_DATA", raising=False)


@pytest.mark.parametrize("name", sorted(OTHERS | DOWNLOADED))
def test_without_files_it_has_a_spec_and_says_what_to_put_where(
    name, nowhere, tmp_path, monkeypatch
):
    data = make(node("dataset", name))
    spec = data.spec()
    assert spec.size > 0
    assert len(set(spec.labels)) == len(spec.labels)
    assert data.sources() == []
    assert len(data.split_rule) > 40
    for named in (False, True):
        if named:
            monkeypatch.setenv("NARROWS_DATA", str(tmp_path))
        with pytest.raises(UserError) as told:
            data.load(Path())
        text = str(told.value)
        assert "\n" not in text
        if name in DOWNLOADED:
            assert "no network in tests" in text
            assert "data/downloads/" in text
        else:
            assert " is not here; put " in text
            assert text.endswith(f"into {tmp_path}" if named else "set NARROWS_DATA to it")


@pytest.mark.parametrize("name", ["emotions", "set5", "adbench"])
def test_it_is_packed(name, narrows_data, tmp_path, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    options = node("dataset", name)
    data = make(options)
    prepare(data, options, tmp_path / "packed")
    card = read_card(tmp_path / "packed")
    assert set(card["parts"]) == {"train", "val", "test"}
    parts = data.load(Path())
    for part, entry in card["parts"].items():
        x = np.load(tmp_path / "packed" / f"{part}.x.npy", mmap_mode="r")
        assert x.shape == parts[part].x.shape
        last = (
            parts[part].x[-5:]
            if isinstance(parts[part].x, np.ndarray)
            else (parts[part].x.block(len(x) - 5, len(x)).values)
        )
        assert np.array_equal(x[-5:], last)
        assert entry["examples"] == len(x)
        y = parts[part].y.sum(0, dtype=int).tolist()
        assert list(entry["positives"].values()) == y


def test_splits_are_a_function_of_the_seed():
    y = np.eye(4, dtype=np.uint8)[np.arange(100) % 4]
    one, same, other = (split(y, 0.1, 0.2, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(one[part], same[part]) for part in one)
    assert not np.array_equal(one["test"], other["test"])
    assert sorted(np.concatenate(list(one.values()))) == list(range(100))
    for part, share in (("train", 0.7), ("val", 0.1), ("test", 0.2)):
        assert np.abs(y[one[part]].sum(0, dtype=int) - 25 * share).max() < 1


def test_groups_stay_together():
    groups = np.random.default_rng(0).integers(0, 30, 500)
    chosen = split_groups(groups, 0.1, 0.2, 0)
    assert sorted(np.concatenate(list(chosen.values()))) == list(range(500))
    found = [set(groups[rows]) for rows in chosen.values()]
    assert [len(some) for some in found] == [21, 3, 6]
    assert sum(map(len, found)) == len(set(groups))


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.2)])
def test_shares_that_leave_nothing_are_told(shares):
    told = r"dataset\.val=0\.\d and dataset\.test=0\.\d leave no example"
    with pytest.raises(UserError, match=told):
        split(np.ones((50, 1), np.uint8), *shares, 0)
    with pytest.raises(UserError, match=told):
        split_groups(range(20), *shares, 0)


def test_too_few_examples_are_told():
    with pytest.raises(UserError, match="of 2 examples none is left for the"):
        split(np.ones((2, 1), np.uint8), 0.1, 0.2, 0)


def test_zeros_and_ones_are_not_standardized():
    bits = Part(np.eye(3, dtype=np.uint8), np.ones((3, 1), np.uint8))
    same = numbers({"train": bits, "test": bits}, True)["test"].x
    assert same.dtype == np.float32
    assert np.array_equal(same, np.eye(3))
    # The test part does not decide.
    mixed = {"train": bits, "test": bits._replace(x=np.full((2, 3), 2))}
    assert np.array_equal(numbers(mixed, True)["train"].x, np.eye(3))
    mixed = {"train": bits._replace(x=np.eye(3) * 2), "test": bits}
    assert abs(numbers(mixed, True)["train"].x.mean()) < 1e-6
