import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from narrows.study.intervals import Estimate, estimate, paired, paired_difference

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


def test_pairs_by_seed():
    assert paired({3: 0.5, 1: 0.25, 9: 1.0}, {1: 0.5, 3: 0.25}) == {3: 0.25, 1: -0.25}


def test_bca_by_its_formula():
    # Efron and Tibshirani 1993, chapter 14, written out; resamples of our own.
    values = np.array([0.1, 0.2, 0.25, 0.3, 0.9, 0.35, 0.15])
    n = len(values)
    means = values[np.random.default_rng(5).integers(0, n, (200_000, n))].mean(1)
    z0 = stats.norm.ppf((means < values.mean()).mean())
    gaps = values.mean() - (values.sum() - values) / (n - 1)
    acceleration = (gaps**3).sum() / (6 * (gaps**2).sum() ** 1.5)
    z = z0 + stats.norm.ppf([0.025, 0.975])
    levels = stats.norm.cdf(z0 + z / (1 - acceleration * z))
    found = estimate(list(values), "bca")
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(np.quantile(means, levels), abs=0.01)
    assert found == estimate(list(values), "bca")


def test_bca_of_equal_values():
    assert estimate([0.5, 0.5, 0.5], "bca") == Estimate(0.5, 0.5, 0.5, 3)
    assert estimate([0.5], "bca") == Estimate(0.5, None, None, 1)


@pytest.mark.parametrize("n", [5, 10])
def test_coverage_of_a_mean(n):
    held = [
        found.low <= 0.4 <= found.high
        for found in map(estimate, np.random.default_rng(n).normal(0.4, 0.1, (4000, n)).tolist())
    ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("n", [5, 10])
def test_coverage_of_a_difference(n):
    rng = np.random.default_rng(n)
    # Scores are skewed, and what is common to a seed's runs is much larger than the gain.
    common = rng.gamma(2, 0.1, (4000, 1, n))
    noise = rng.gamma(2, 0.02, (4000, 2, n))
    scores = common + noise + np.array([0.03, 0.0])[:, None]
    held = []
    for values, baseline in scores.tolist():
        found = paired_difference(dict(enumerate(values)), dict(enumerate(baseline)))
        held.append(found.low <= 0.03 <= found.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_bca_undercovers_with_five_seeds():
    samples = np.random.default_rng(0).normal(0.4, 0.1, (300, 5)).tolist()
    found = [estimate(sample, "bca") for sample in samples]
    assert np.mean([e.low <= 0.4 <= e.high for e in found]) == pytest.approx(0.843, abs=0.06)
