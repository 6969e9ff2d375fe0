"""The Fréchet distance against its closed forms, and scipy's square root of a matrix."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from narrows.generating.frechet import frechet_distance

RNG = np.random.default_rng(0)


def moments(n, mean, deviation):
    """n values with exactly this mean and (sample) deviation."""
    values = RNG.normal(size=n)
    return mean + deviation * (values - values.mean()) / values.std(ddof=1)


def test_of_one_feature_it_is_that_of_means_and_deviations():
    a, b = moments(50, 2.0, 3.0)[:, None], moments(70, -1.0, 0.5)[:, None]
    assert frechet_distance(a, b) == pytest.approx((2 + 1) ** 2 + (3 - 0.5) ** 2)


def test_a_set_has_none_to_itself_and_a_shift_its_square():
    x = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-8)
    assert frechet_distance(x, x[::-1] + 3) == pytest.approx(6 * 9)


@pytest.mark.parametrize("n", [200, 4])
def test_it_is_the_formula_with_scipys_square_root(n):
    # With 4 rows of 5 features covariances have no inverse.
    a, b = RNG.normal(size=(n, 5)), 2 * RNG.normal(size=(n, 5)) @ RNG.normal(size=(5, 5)) + 1
    c, d = np.cov(a.T), np.cov(b.T)
    trace = np.trace(c + d - 2 * sqrtm(c @ d).real)
    wanted = ((a.mean(0) - b.mean(0)) ** 2).sum() + trace
    # The square root of a singular product is exact to about the root of the precision.
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-6 if n > 5 else 1e-3)
