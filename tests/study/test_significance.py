import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from narrows.study.significance import holm, sign_flips, t_test

METHODS = 12


def test_t_test_is_scipys():
    rng = np.random.default_rng(0)
    for n in (2, 5, 10):
        a, b = rng.normal(size=(2, n))
        assert t_test(list(a - b)) == pytest.approx(stats.ttest_rel(a, b).pvalue)


def test_t_test_without_spread():
    assert t_test([0.0, 0.0, 0.0]) == 1
    assert t_test([0.5, 0.5, 0.5]) == 0


@pytest.mark.parametrize("test", [t_test, sign_flips])
def test_no_p_value(test):
    assert test([0.1]) is None
    assert test([]) is None
    assert test([0.1, math.nan]) is None


@pytest.mark.parametrize("n", [2, 5, 8])
def test_sign_flips_by_enumeration(n):
    values = np.random.default_rng(n).normal(0.5, 1, n)
    means = [abs(np.mean(values * signs)) for signs in product((1, -1), repeat=n)]
    expected = np.mean(np.array(means) >= abs(values.mean()) - 1e-12)
    assert sign_flips(list(values)) == pytest.approx(expected)


def test_smallest_p_of_sign_flips():
    assert sign_flips([0.1, 0.2, 0.1, 0.3, 0.2]) == pytest.approx(2 / 32)
    assert sign_flips([0.1 + n / 100 for n in range(10)]) == pytest.approx(2 / 1024)
    assert sign_flips([0.0, 0.0, 0.0]) == 1


def test_sign_flips_are_drawn_where_there_are_too_many():
    values = list(np.random.default_rng(3).normal(0.3, 1, 20))
    found = sign_flips(values)
    assert found == sign_flips(values)
    assert found == pytest.approx(t_test(values), abs=0.03)


def test_holm_by_hand():
    # 4 x 0.01, 3 x 0.015, 2 x 0.03, 1 x 0.04 raised to the one before it.
    assert holm([0.03, 0.01, 0.04, 0.015]) == pytest.approx([0.06, 0.04, 0.06, 0.045])
    assert holm([0.6, None, 0.7]) == [1, None, 1]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_between_the_p_and_bonferroni(p_values):
    for p, corrected in zip(p_values, holm(p_values), strict=True):
        assert p <= corrected <= min(1, p * len(p_values))


def studies(rng, noise, seeds, runs, effect=0.0):
    """Differences of methods to one scratch: (runs, METHODS, seeds); the first has an effect."""
    scores = noise(rng, (runs, METHODS + 1, seeds))
    differences = scores[:, 1:] - scores[:, :1]
    differences[:, 0] += effect
    return differences.tolist()


NOISE = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape),
    "heavy": lambda rng, shape: rng.standard_t(3, size=shape),
}


@pytest.mark.parametrize("seeds", [5, 10])
@pytest.mark.parametrize("noise", NOISE)
def test_false_positives(noise, seeds):
    rng = np.random.default_rng(seeds)
    p_values = [[t_test(row) for row in study] for study in studies(rng, NOISE[noise], seeds, 2000)]
    single = np.mean(np.array(p_values) < 0.05)
    assert single <= 0.055
    if noise == "normal":
        assert single == pytest.approx(0.05, abs=0.005)
    family = np.mean([min(holm(row)) < 0.05 for row in p_values])
    assert family <= 0.05


def test_false_positives_of_sign_flips():
    samples = np.random.default_rng(0).normal(size=(600, 8)).tolist()
    # Of the 256 patterns, 12 give a p below 5 %, since each comes with its opposite.
    assert np.mean([sign_flips(row) < 0.05 for row in samples]) == pytest.approx(0.047, abs=0.02)


@pytest.mark.parametrize(
    ("seeds", "effect", "found"), [(5, 2, 0.34), (5, 3, 0.72), (5, 4, 0.93), (10, 1, 0.35)]
)
def test_power(seeds, effect, found):
    """An effect in standard deviations of the differences, as in the module's table."""
    samples = np.random.default_rng(seeds).normal(size=(1500, METHODS, seeds))
    samples[:, 0] += effect
    p_values = [holm([t_test(row) for row in study])[0] for study in samples.tolist()]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(found, abs=0.04)
