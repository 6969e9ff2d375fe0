"""Corel-5k against what is known of it."""

from pathlib import Path

import numpy as np
import pytest
from reading import decoded, sizes

from narrows.datasets.corel5k import WORDS, Corel5k
from narrows.errors import UserError


@pytest.fixture(scope="module")
def parts(narrows_data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NARROWS_DATA", str(narrows_data))
        return Corel5k().load(Path())


@pytest.fixture(scope="module")
def stored(narrows_data):
    with np.load(narrows_data / "corel5k_64.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_counts_and_words(parts):
    n = sizes(parts)
    assert n["test"] == 499
    assert n["train"] + n["val"] == 4500
    assert abs(n["val"] - 450) < 30
    y = np.concatenate([parts["train"].y, parts["val"].y])
    counts = dict(zip(WORDS, y.sum(0, dtype=int).tolist(), strict=True))
    common = {"water": 1004, "sky": 883, "tree": 854, "people": 670, "grass": 446}
    assert {word: counts[word] for word in common} == common
    assert sum(c > 0 for c in counts.values()) == 371
    assert sum(c >= 50 for c in counts.values()) == 74
    assert (parts["test"].y.sum(0) > 0).sum() == 263
    everything = np.concatenate([y, parts["test"].y]).sum(1)
    assert round(float(everything.mean()), 2) == 3.52
    assert everything.min() == 1
    # Validation has its share of each common word, more nearly than by chance.
    often = y.sum(0) >= 50
    chance = np.random.default_rng(0).permutation(y)[: n["val"]]
    ours, others = (
        np.abs(some[:, often].sum(0) / y[:, often].sum(0) - 0.1).mean()
        for some in (parts["val"].y, chance)
    )
    assert ours < others / 2


def test_photographs_keep_their_words(parts, stored):
    for part, name in (("train", "train"), ("val", "train"), ("test", "test")):
        x = parts[part].x
        assert x.shape[1:] == (3, 64, 64)
        for row in (0, 200, 400):
            number = int(np.searchsorted(stored[f"{name}_offsets"], x.bounds[row, 0]))
            block = x.block(row, row + 1)
            assert np.array_equal(block.values[0], decoded(stored, name, "jpeg", number))
            assert np.array_equal(parts[part].y[row], stored[f"y_{name}"][number])
    begin = np.concatenate([parts[p].x.bounds[:, 0] for p in ("train", "val")])
    assert np.array_equal(np.sort(begin), stored["train_offsets"][:-1])


def test_another_file_under_its_name_is_told(stored, tmp_path, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(tmp_path))
    path = tmp_path / "corel5k_64.npz"
    np.savez(path, **(stored | {"y_test": stored["y_test"][:9]}))
    with pytest.raises(UserError, match=r"y_test has the shape \(9, 374\), not \(499, 374\)"):
        Corel5k().load(Path())
    np.savez(path, **(stored | {"label_names": stored["label_names"][::-1]}))
    with pytest.raises(UserError, match=r"corel5k_64\.npz has other words"):
        Corel5k().load(Path())
