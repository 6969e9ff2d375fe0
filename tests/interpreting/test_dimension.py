"""Effective dimension and dead units, of codes whose covariance is known."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from narrows.interpreting.dimension import (
    components_for,
    dead_units,
    participation_ratio,
    spectrum_of,
)


def codes(variances, seed=0):
    """Codes with exactly these eigenvalues of their covariance, turned at random."""
    rng = np.random.default_rng(seed)
    white = np.linalg.qr(rng.normal(size=(50, len(variances))))[0]
    white -= white.mean(0)
    white = np.linalg.qr(white)[0] * 50**0.5
    turn = np.linalg.qr(rng.normal(size=(len(variances), len(variances))))[0]
    return white * np.sqrt(variances) @ turn + 7


@pytest.mark.parametrize(
    ("variances", "wanted"),
    [([2, 2, 2], 3), ([5, 0, 0], 1), ([3, 1, 0], 16 / 10), ([0, 0], 0)],
)
def test_the_effective_dimension_is_the_participation_ratio(variances, wanted):
    found = spectrum_of(codes(variances))
    assert found.dimension == pytest.approx(wanted, abs=1e-9)
    assert found.eigenvalues == pytest.approx(sorted(variances, reverse=True), abs=1e-9)


def test_components_are_as_many_as_scikit_learn_takes_for_the_share():
    z = codes([9, 5, 2, 1, 0.5, 0.01])
    assert spectrum_of(z).components == PCA(0.95).fit(z).n_components_
    assert components_for(np.array([19.0, 1.0]), 0.95) == 1
    assert components_for(np.zeros(3), 0.95) == 0


def test_the_ratio_does_not_depend_on_the_scale():
    values = np.array([4.0, 2.0, 1.0])
    assert participation_ratio(values * 1e-8) == pytest.approx(participation_ratio(values))


def test_one_unit_is_a_code_too():
    assert spectrum_of(np.array([[1.0], [3.0]])).dimension == pytest.approx(1)


def test_a_unit_that_hardly_varies_is_dead():
    deviations = np.array([2.0, 0.0, 0.019, 0.021])
    assert dead_units(deviations, 0.01).tolist() == [False, True, True, False]
    assert dead_units(np.zeros(2), 0.01).all()
