import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrows.study.savings import Reading, label_saving, labels_needed

CURVE = {100: 0.3, 1000: 0.5, 10: 0.2}


@pytest.mark.parametrize(
    ("score", "labels"),
    [
        (0.2, 10),
        (0.25, 10 * math.sqrt(10)),
        (0.3, 100),
        (0.4, 100 * math.sqrt(10)),
        (0.5, 1000),
    ],
)
def test_labels_needed(score, labels):
    found = labels_needed(CURVE, score)
    assert found.labels == pytest.approx(labels)
    assert found.side == ""


def test_labels_needed_beyond_the_curve():
    assert labels_needed(CURVE, 0.1) == Reading(10, "<")
    assert labels_needed(CURVE, 0.51) == Reading(1000, ">")
    assert labels_needed(CURVE, math.nan) is None


def test_labels_needed_is_the_first_crossing():
    assert labels_needed({10: 0.2, 100: 0.6, 1000: 0.1, 10000: 0.6}, 0.4).labels == pytest.approx(
        10**1.5
    )


def test_labels_needed_without_a_curve():
    assert labels_needed({}, 0.4) is None


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6, unique=True), st.floats(0, 1))
def test_labels_needed_inverts_a_rising_curve(scores, part):
    budgets = [10 * 3**n for n in range(len(scores))]
    curve = dict(zip(budgets, sorted(scores), strict=True))
    labels = 10 * (budgets[-1] / 10) ** part
    score = float(np.interp(math.log(labels), np.log(budgets), sorted(scores)))
    found = labels_needed(curve, score)
    again = float(np.interp(math.log(found.labels), np.log(budgets), sorted(scores)))
    assert again == pytest.approx(score)


BUDGETS = (50, 200, 1000)
MEANS = (0.3, 0.42, 0.61)


def curve(values):
    """Scores of each budget and seed; `values` is (budgets, seeds)."""
    return {n: dict(enumerate(row)) for n, row in zip(BUDGETS, values, strict=True)}


def saving_of(values, scores, labels=50):
    return label_saving(labels, dict(enumerate(scores)), curve(values))


def holds(saving, labels):
    """Whether the interval has a number of labels; outside of the budgets, that side."""
    low, high = saving.low, saving.high
    least = {"": low.labels, "<": 0.0, ">": low.labels + 1e-9}[low.side]
    most = {"": high.labels, "<": high.labels - 1e-9, ">": math.inf}[high.side]
    return least <= labels <= most


def test_saving_without_noise():
    saving = saving_of(np.outer(MEANS, np.ones(3)), [0.42 + 0.19 / 2] * 3)
    expected = math.sqrt(200 * 1000)
    assert saving.needed.labels == pytest.approx(expected)
    assert saving.factor == pytest.approx(expected / 50)
    assert saving.low.labels == pytest.approx(expected)
    assert saving.high.labels == pytest.approx(expected)


def test_interval_has_what_a_t_test_does_not_tell_apart():
    rng = np.random.default_rng(1)
    values = np.array(MEANS)[:, None] + rng.normal(0, 0.02, (3, 5))
    scores = 0.4 + rng.normal(0, 0.03, 5)
    found = saving_of(values, scores)
    from scipy.stats import ttest_rel

    grid = np.geomspace(50, 1000, 4001)
    at = [[np.interp(math.log(n), np.log(BUDGETS), v) for n in grid] for v in values.T]
    undecided = grid[ttest_rel(scores[:, None], np.array(at)).pvalue >= 0.05]
    assert found.low.labels == pytest.approx(undecided.min(), rel=2e-3)
    assert found.high.labels == pytest.approx(undecided.max(), rel=2e-3)
    assert found.low.labels < found.needed.labels < found.high.labels


def test_saving_is_open_beyond_the_largest_budget():
    rng = np.random.default_rng(0)
    values = np.array(MEANS)[:, None] + rng.normal(0, 0.01, (3, 5))
    found = saving_of(values, rng.normal(0.8, 0.01, 5), labels=200)
    assert found.needed == found.low == found.high == Reading(1000, ">")
    assert found.factor == 5
    close = saving_of(values, values[2] + [0.02, -0.01, 0.02, 0.0, -0.01], labels=200)
    assert close.needed == close.high == Reading(1000, ">")
    assert close.low.side == ""
    assert close.low.labels < 1000


def test_saving_is_open_below_the_smallest_budget():
    rng = np.random.default_rng(0)
    values = np.array(MEANS)[:, None] + rng.normal(0, 0.01, (3, 5))
    found = saving_of(values, rng.normal(0.1, 0.01, 5), labels=200)
    assert found.needed == found.low == found.high == Reading(50, "<")
    equal = saving_of(values, values[0] + [0.02, -0.01, 0.02, 0.0, -0.01])
    assert equal.low == Reading(50, "<")
    assert equal.high.side == ""
    assert equal.high.labels > 50


def test_one_budget():
    found = label_saving(50, {0: 0.5, 1: 0.6, 2: 0.5}, {50: {0: 0.3, 1: 0.35, 2: 0.3}})
    assert found.needed == found.low == found.high == Reading(50, ">")


def test_only_seeds_of_all_budgets_count():
    values = curve(np.outer(MEANS, np.ones(3)))
    del values[1000][2]
    scores = {0: 0.42, 1: 0.42, 2: 0.9, 7: 0.9}
    assert label_saving(50, scores, values).needed.labels == pytest.approx(200)
    assert label_saving(50, {0: 0.42}, values).low is None
    assert label_saving(50, {7: 0.42}, values) is None
    assert label_saving(50, {0: 0.42}, {}) is None
    assert label_saving(50, {0: math.nan}, values) is None


def test_a_saving_that_contradicts_the_difference_is_not_given():
    """With 200 labels the method is ahead, but the curve was still higher with 50."""
    rng = np.random.default_rng(0)
    values = np.array([0.5, 0.4, 0.6])[:, None] + rng.normal(0, 0.01, (3, 5))
    assert saving_of(values, values[1] + 0.05, labels=200) is None
    assert saving_of(values[:, :1], values[1, :1] + 0.05, labels=200) is None
    # Behind, it needs more labels than the curve: that is no contradiction.
    assert saving_of(values, values[1] - 0.05, labels=200).needed == Reading(50, "<")
    assert saving_of(values, values[1] + 0.15, labels=200).factor > 1


@given(st.integers(0, 10_000), st.integers(2, 7), st.floats(0.001, 0.3))
def test_interval_holds_what_is_needed(seed, seeds, noise):
    rng = np.random.default_rng(seed)
    values = np.array(MEANS)[:, None] + rng.normal(0, noise, (3, seeds))
    found = saving_of(values, rng.normal(rng.uniform(0.2, 0.7), noise, seeds))
    if not found.needed.side:
        assert holds(found, found.needed.labels * (1 + 1e-12)) or holds(
            found, found.needed.labels * (1 - 1e-12)
        )


@pytest.mark.parametrize("seeds", [5, 10])
@pytest.mark.parametrize(
    ("gain", "noise"), [(0.05, 0.006), (0.09, 0.02), (0.0, 0.01), (0.25, 0.03), (0.4, 0.03)]
)
def test_coverage_of_a_saving(seeds, gain, noise):
    """A gain of 0 needs the smallest budget itself, one of 0.4 more than the largest."""
    rng = np.random.default_rng(seeds)
    truth = np.interp(0.3 + gain, MEANS, np.log(BUDGETS), right=math.inf)
    runs = 2000
    common = rng.normal(0, 0.015, (runs, 4, seeds))
    # What a seed's draw of labelled examples does is common to both methods at one budget.
    common[:, 3] = common[:, 0]
    scores = rng.normal(0, noise, (runs, 4, seeds)) + common
    scores += np.array([*MEANS, 0.3 + gain])[:, None]
    held = [
        holds(saving_of(run[:3], run[3]), math.exp(truth) * (1 - 1e-12)) for run in scores.tolist()
    ]
    expected = 0.95 if gain < 0.4 else 1.0
    assert np.mean(held) == pytest.approx(expected, abs=0.02)
