"""ADBench's tables against their known sizes, in both forms."""

from pathlib import Path

import numpy as np
import pytest
from reading import sizes

from narrows.datasets.adbench import FEATURES, Adbench
from narrows.errors import UserError

# Examples, features and outliers.
KNOWN = {
    "breastw": (683, 9, 239), "cardio": (1831, 21, 176), "glass": (214, 7, 9),
    "Ionosphere": (351, 32, 126), "mammography": (11183, 6, 260), "optdigits": (5216, 64, 150),
    "pendigits": (6870, 16, 156), "Pima": (768, 8, 268), "satimage-2": (5803, 36, 71),
    "shuttle": (49097, 9, 3511), "thyroid": (3772, 6, 93), "WDBC": (367, 30, 10),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_every_table(name, narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    data = Adbench(name=name, standardize=False, normal=None)
    parts = data.load(Path())
    n, d, outliers = KNOWN[name]
    assert data.spec().shape == (d,)
    y = np.concatenate([part.y for part in parts.values()])
    assert y.shape == (n, 1)
    assert y.sum() == outliers
    for part, share in (("train", 0.6), ("val", 0.1), ("test", 0.3)):
        assert abs(sizes(parts)[part] - share * n) <= 2
        assert abs(int(parts[part].y.sum()) - share * outliers) <= 1
    with np.load(narrows_data / "adbench12.npz") as stored:
        source = np.concatenate([stored[f"{name}_X"], stored[f"{name}_y"][:, None]], 1)
    ours = np.concatenate([np.concatenate([p.x, p.y], 1) for p in parts.values()])
    # The same rows, each with its label, in another order.
    source = source.astype(np.float32)
    assert np.array_equal(ours[np.lexsort(ours.T)], source[np.lexsort(source.T)])


@pytest.mark.parametrize("name", ["glass", "mammography"])
def test_half_of_the_normal_rows_are_learned_from(name, narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    n, _, outliers = KNOWN[name]
    sets = {seed: Adbench(name=name, standardize=False, split_seed=seed) for seed in (0, 1)}
    parts = sets[0].load(Path())
    learned = round((n - outliers) / 2)
    assert sizes(parts)["train"] + sizes(parts)["val"] == learned
    assert sizes(parts)["val"] == round(learned / 10)
    assert parts["train"].y.sum() == parts["val"].y.sum() == 0
    assert parts["test"].y.sum() == outliers
    # Every row is in one part.
    with np.load(narrows_data / "adbench12.npz") as stored:
        source = stored[f"{name}_X"].astype(np.float32)
    ours = np.concatenate([part.x for part in parts.values()])
    assert np.array_equal(ours[np.lexsort(ours.T)], source[np.lexsort(source.T)])
    assert not np.array_equal(parts["train"].x, sets[1].load(Path())["train"].x)


def test_standardizing_is_learned_on_the_training_part(narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    plain = Adbench(name="shuttle", standardize=False).load(Path())
    parts = Adbench(name="shuttle").load(Path())
    x = plain["train"].x.astype(float)
    for part in parts:
        wanted = (plain[part].x - x.mean(0)) / x.std(0)
        np.testing.assert_allclose(parts[part].x, wanted, rtol=1e-4, atol=1e-4)


def test_a_constant_column_does_not_become_infinite(tmp_path, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(tmp_path))
    x = np.full((40, 2), 0.1)
    x[:, 0] = np.arange(40)
    np.savez(tmp_path / "1_odd.npz", X=x, y=np.arange(40) % 4 == 0)
    for part in Adbench(name="odd").load(Path()).values():
        assert np.isfinite(part.x).all()
        assert np.abs(part.x[:, 1]).max() < 1e-6


@pytest.mark.parametrize("folder", [".", "adbench"])
def test_adbench_own_files(folder, tmp_path, narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    packed = Adbench(name="satimage-2").load(Path())
    with np.load(narrows_data / "adbench12.npz") as stored:
        x, y = stored["satimage-2_X"], stored["satimage-2_y"]
    (tmp_path / folder).mkdir(exist_ok=True)
    np.savez(tmp_path / folder / "31_satimage-2.npz", X=x, y=y.astype(np.int64))
    np.savez(tmp_path / folder / "99_other.npz", X=x[:100, :5], y=np.arange(100) < 20)
    monkeypatch.setenv("NARROWS_DATA", str(tmp_path))
    data = Adbench(name="satimage-2")
    assert len(data.sources()) == 1
    parts = data.load(Path())
    for part in parts:
        assert np.array_equal(parts[part].x, packed[part].x)
        assert np.array_equal(parts[part].y, packed[part].y)
    assert Adbench(name="other").spec().shape == (5,)
    stratified = Adbench(name="other", normal=None).load(Path())
    assert sizes(stratified) == {"train": 60, "val": 10, "test": 30}


def test_what_cannot_be_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(tmp_path))
    with pytest.raises(UserError, match=r"dataset\.name=cardia: .*did you mean 'cardio'"):
        Adbench(name="cardia").spec()
    np.savez(tmp_path / "6_cardio.npz", X=np.zeros((9, 20)), y=np.zeros(9))
    with pytest.raises(UserError, match=r"6_cardio\.npz does not have the table cardio"):
        Adbench(name="cardio").load(Path())
    np.savez(tmp_path / "6_cardio.npz", X=np.zeros((9, 21)), y=np.full(9, 2))
    with pytest.raises(UserError, match=r"6_cardio\.npz does not have the table cardio"):
        Adbench(name="cardio").load(Path())
    np.savez(tmp_path / "6_cardio.npz", X=np.zeros((9, 21)))
    with pytest.raises(UserError, match=r"6_cardio\.npz is broken \(.*y"):
        Adbench(name="cardio").load(Path())
    assert set(FEATURES) == set(KNOWN)
