import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from narrows.study.statistics import Estimate, estimate, labels_needed, paired_difference

VALUES = st.floats(-1e3, 1e3, allow_nan=False)


@given(st.lists(VALUES, min_size=2, max_size=12))
def test_interval_is_students_t(values):
    found = estimate(values)
    scale = np.std(values, ddof=1) / math.sqrt(len(values))
    half = stats.t.ppf(0.975, len(values) - 1) * scale
    assert found.seeds == len(values)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-9)
    assert found.half_width == pytest.approx(half, rel=1e-6, abs=1e-9)
    assert (found.low + found.high) / 2 == pytest.approx(found.mean, abs=1e-9)


def test_interval_of_two_values_in_closed_form():
    # One degree of freedom is Cauchy's: its 97.5 % quantile is tan(0.475 pi).
    found = estimate([1.0, 3.0])
    assert found.half_width == pytest.approx(math.tan(0.475 * math.pi))


def test_one_value_has_no_interval():
    assert estimate([0.4]) == Estimate(0.4, None, None, 1)
    assert estimate([0.4]).half_width is None


def test_difference_is_paired_by_seed_not_by_order():
    scratch = {0: 0.1, 1: 0.5, 2: 0.9}
    found = paired_difference({2: 1.0, 0: 0.2, 1: 0.6}, scratch)
    assert found.mean == pytest.approx(0.1)
    assert found.half_width == pytest.approx(0, abs=1e-12)


def test_difference_takes_only_shared_seeds():
    assert paired_difference({0: 0.3, 7: 0.9}, {0: 0.1, 1: 0.5}) == estimate([0.3 - 0.1])
    assert paired_difference({7: 0.9}, {0: 0.1}) is None


@given(st.lists(VALUES, min_size=2, max_size=8), VALUES)
def test_difference_is_estimate_of_differences(values, shift):
    seeds = dict(enumerate(values))
    moved = {seed: value + shift for seed, value in seeds.items()}
    expected = estimate([moved[seed] - value for seed, value in seeds.items()])
    assert paired_difference(moved, seeds) == expected


CURVE = {100: 0.3, 1000: 0.5, 10: 0.2}


@pytest.mark.parametrize(
    ("score", "labels"),
    [
        (0.1, None),
        (0.2, 10),
        (0.25, 10 * math.sqrt(10)),
        (0.3, 100),
        (0.4, 100 * math.sqrt(10)),
        (0.5, 1000),
        (0.51, None),
        (math.nan, None),
    ],
)
def test_labels_needed(score, labels):
    assert labels_needed(CURVE, score) == (None if labels is None else pytest.approx(labels))


def test_labels_needed_is_the_first_crossing():
    assert labels_needed({10: 0.2, 100: 0.6, 1000: 0.1, 10000: 0.6}, 0.4) == pytest.approx(10**1.5)


def test_labels_needed_without_a_curve():
    assert labels_needed({}, 0.4) is None


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6, unique=True), st.floats(0, 1))
def test_labels_needed_inverts_a_rising_curve(scores, part):
    budgets = [10 * 3**n for n in range(len(scores))]
    curve = dict(zip(budgets, sorted(scores), strict=True))
    labels = 10 * (budgets[-1] / 10) ** part
    score = float(np.interp(math.log(labels), np.log(budgets), sorted(scores)))
    found = labels_needed(curve, score)
    if found is not None:
        again = float(np.interp(math.log(found), np.log(budgets), sorted(scores)))
        assert again == pytest.approx(score)
