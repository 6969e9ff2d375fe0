"""How often labels occur, against plain loops."""

from itertools import combinations

import numpy as np
import pytest
from packed import pack

from narrows.report import data_labels
from narrows.report.data_labels import label_counts, together
from narrows.store import Stored


def stored(folder, y):
    k = y.shape[1]
    parts = {"train": (np.zeros((len(y), 1), np.float32), y)}
    return Stored.open(pack(folder, parts, map(str, range(k)), "table") / "train.y.npy")


def random_labels(n, k):
    rng = np.random.default_rng(0)
    return (rng.random((n, k)) < rng.uniform(0.05, 0.5, k)).astype(np.uint8)


def test_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(data_labels, "_BLOCK_VALUES", 40)
    y = random_labels(200, 6)
    positives, of_example = label_counts(stored(tmp_path, y), 150)
    for label in range(6):
        assert positives[label] == sum(int(row[label]) for row in y[:150])
    for count, examples in enumerate(of_example):
        assert examples == sum(1 for row in y[:150] if sum(row) == count)
    assert sum(of_example) == 150


def test_together(tmp_path, monkeypatch):
    monkeypatch.setattr(data_labels, "_BLOCK_VALUES", 40)
    y = random_labels(300, 8)
    y[:, 4] = y[:, 2]
    seen = [set(np.flatnonzero(row)) for row in y[:250]]
    often = [sum(a in s for s in seen) for a in range(8)]
    found = together(stored(tmp_path, y), 250, often)
    assert sorted(found.labels) == list(range(8))
    counts = [often[label] for label in found.labels]
    assert counts == sorted(counts, reverse=True)
    for i, a in enumerate(found.labels):
        for j, b in enumerate(found.labels):
            assert found.counts[i][j] == sum(a in s and b in s for s in seen)
    lifts = {}
    for a, b in combinations(range(8), 2):
        both = sum({a, b} <= s for s in seen)
        lift = both * 250 / (often[a] * often[b])
        if both >= 5 and lift > 1:
            lifts[frozenset((a, b))] = lift
    assert {frozenset((p.first, p.second)): p.lift for p in found.pairs} == pytest.approx(
        dict(sorted(lifts.items(), key=lambda item: -item[1])[:10])
    )
    assert {found.pairs[0].first, found.pairs[0].second} == {2, 4}


def test_classes_never_occur_together(tmp_path):
    y = np.eye(5, dtype=np.uint8)[np.arange(50) % 5]
    found = together(stored(tmp_path, y), 50, [10] * 5)
    assert np.array_equal(found.counts, np.diag([10] * 5))
    assert found.pairs == []


@pytest.mark.parametrize("k", [0, 1])
def test_few_labels(tmp_path, k):
    y = np.ones((6, k), np.uint8)
    positives, of_example = label_counts(stored(tmp_path, y), 6)
    assert positives.tolist() == [6] * k
    assert of_example.tolist() == [0, 6] if k else [6]
    found = together(stored(tmp_path, y), 6, positives.tolist())
    assert (found.labels, found.counts, found.pairs) == ([0] * k, [[6]] * k, [])


def test_nothing_labelled(tmp_path):
    y = np.zeros((6, 3), np.uint8)
    positives, of_example = label_counts(stored(tmp_path, y), 0)
    assert positives.tolist() == [0, 0, 0]
    assert of_example.tolist() == [0]
    assert together(stored(tmp_path, y), 0, [0, 0, 0]).labels == []


def test_a_map_of_many_labels_has_the_commonest(tmp_path):
    y = random_labels(400, 60)
    positives, _ = label_counts(stored(tmp_path, y), 400)
    found = together(stored(tmp_path, y), 400, positives.tolist())
    assert len(found.labels) == 20
    assert min(positives[found.labels]) >= np.sort(positives)[-20]
