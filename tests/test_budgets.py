"""Labelled subsets: each label in proportion at every budget, larger ones holding smaller ones."""

import time

import numpy as np
import pytest

from narrows.budgets import labelled_order


def random_labels(n, k, rate, seed=0):
    """Labels that are drawn on their own, the l-th with a rate that falls with l."""
    rates = rate / np.arange(1, k + 1) ** 0.8
    return (np.random.default_rng(seed).random((n, k)) < rates).astype(np.uint8)


def classes(n, k, seed=0):
    return np.eye(k, dtype=np.uint8)[np.random.default_rng(seed).integers(0, k, n)]


def deviations(y, order):
    """Return for each beginning of the order how far each label's count is from its share."""
    budgets = np.arange(1, len(order) + 1)[:, None]
    return np.abs(y[order].cumsum(0, dtype=np.int64) - budgets * y.mean(0))


CASES = {
    "classes": classes(1000, 10),
    "unequal classes": np.eye(3, dtype=np.uint8)[np.repeat([0, 1, 2], [900, 90, 10])],
    "one label": random_labels(500, 1, 0.3),
    "some labels": random_labels(800, 6, 0.5),
    "rare labels": random_labels(1000, 100, 0.5),
}


@pytest.mark.parametrize("y", CASES.values(), ids=CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_each_beginning_has_each_label_in_proportion(y, seed):
    order = labelled_order(y, len(y), seed)
    assert sorted(order) == list(range(len(y)))
    found = deviations(y, order)
    # Which examples are left at the end is not to be chosen.
    assert found[: len(y) * 3 // 4].max() < 2
    assert np.quantile(found, 0.99) < 1.3
    # At random, a label met in half of the examples is off by √n / 4 in the middle.
    assert found.mean() < 0.45


@pytest.mark.parametrize("y", CASES.values(), ids=CASES)
def test_larger_budgets_hold_smaller_ones(y):
    whole = labelled_order(y, len(y), 5)
    for budget in (0, 1, 10, 100):
        assert labelled_order(y, budget, 5).tolist() == whole[:budget].tolist()
    assert labelled_order(y, 100, 6).tolist() != whole[:100].tolist()


@pytest.mark.parametrize("seed", range(20))
def test_a_rare_label_is_met_in_proportion(seed):
    y = np.zeros((1000, 4), np.uint8)
    y[:500, 0] = y[300:900, 1] = 1
    y[40:60, 2] = y[[7, 990], 3] = 1
    order = labelled_order(y, 1000, seed)
    met = {label: np.flatnonzero(y[order, label]) for label in (2, 3)}
    # Labels of 20 and of 2 among 1,000: one in each 50 and 500, and not always at the same place.
    for places, step in ((met[2], 50), (met[3], 500)):
        assert np.all(np.abs(places - step * np.arange(len(places)) - step / 2) <= step * 0.75)


def test_when_a_rare_label_is_due_is_random():
    y = np.zeros((400, 2), np.uint8)
    y[::2, 0] = y[:4, 1] = 1
    first = [int(y[labelled_order(y, 400, seed), 1].argmax()) for seed in range(200)]
    # Uniform over the first 100 places.
    assert 40 < np.mean(first) < 60
    assert 0 <= min(first) < 10
    assert 90 < max(first) < 110


def test_each_example_of_a_set_of_labels_may_come_first():
    y = classes(30, 2)
    first = {int(labelled_order(y, 1, seed)[0]) for seed in range(400)}
    assert first == set(range(30))


def test_the_order_of_examples_is_random_without_labels():
    for y in (np.zeros((50, 0), np.uint8), np.zeros((50, 3), np.uint8), np.ones((50, 1), np.uint8)):
        order = labelled_order(y, 50, 0)
        assert sorted(order) == list(range(50))
        assert order.tolist() != list(range(50))


@pytest.mark.parametrize(
    "y", [random_labels(4500, 374, 0.3), classes(60_000, 10)], ids=["374 labels", "60,000 examples"]
)
def test_it_takes_no_time(y):
    seconds = []
    for _ in range(3):
        started = time.process_time()
        labelled_order(y, len(y), 0)
        seconds.append(time.process_time() - started)
    # The least: other work on the machine only adds to it.
    assert min(seconds) < 0.5
