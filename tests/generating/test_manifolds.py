"""Precision and recall against a plain loop, and where they are known."""

import numpy as np
import pytest

from narrows.generating.manifolds import precision_recall

RNG = np.random.default_rng(0)


def share(points, centres, k):
    """The share of points in a ball around a centre, one by one."""
    inside = 0
    for point in points:
        for i, centre in enumerate(centres):
            others = sorted(np.linalg.norm(c - centre) for j, c in enumerate(centres) if j != i)
            if np.linalg.norm(point - centre) <= others[k - 1]:
                inside += 1
                break
    return inside / len(points)


@pytest.mark.parametrize("k", [1, 3])
def test_they_are_those_of_a_plain_loop(k):
    real, generated = RNG.normal(size=(40, 3)), 1.5 * RNG.normal(size=(30, 3)) + 0.5
    wanted = share(generated, real, k), share(real, generated, k)
    assert 0 < wanted[0] < 1
    assert precision_recall(real, generated, k) == pytest.approx(wanted)


def test_more_rows_than_a_block_make_no_difference(monkeypatch):
    real, generated = RNG.normal(size=(40, 3)), RNG.normal(size=(30, 3)) + 1
    whole = precision_recall(real, generated)
    monkeypatch.setattr("narrows.generating.manifolds._AT_ONCE", 7)
    assert precision_recall(real, generated) == whole


def test_the_same_set_has_both_and_one_far_away_neither():
    x = RNG.normal(size=(20, 4))
    assert precision_recall(x, x) == (1, 1)
    assert precision_recall(x, x + 100) == (0, 0)


def test_a_part_of_the_real_ones_is_precise_and_recalls_that_part():
    a, b = RNG.normal(size=(2, 50, 4))
    # Two groups far apart, of which samples have one.
    precision, recall = precision_recall(np.concatenate([a, b + 50]), a)
    assert (precision, recall) == (1, 0.5)
