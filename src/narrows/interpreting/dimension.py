"""In how many directions codes vary, and which units hardly do."""

from typing import NamedTuple

import numpy as np

# What is below this share of the largest eigenvalue is rounding: codes are float32.
_ROUNDING = 1e-10
_MOST = 0.95


class Spectrum(NamedTuple):
    """Eigenvalues of the codes' covariance, and what they say.

    Attributes:
        eigenvalues: (m,), the largest first.
        dimension: the participation ratio, the effective dimension.
        components: how many principal components have 95 % of the variance.
    """

    eigenvalues: np.ndarray
    dimension: float
    components: int


def spectrum_of(codes: np.ndarray) -> Spectrum:
    """Return the eigenvalues of the covariance of codes, (n, m), and how many of them count."""
    covariance = np.atleast_2d(np.cov(codes, rowvar=False, bias=True))
    found = np.linalg.eigvalsh(covariance)[::-1]
    values = np.where(found > _ROUNDING * max(found[0], 0), found, 0.0)
    return Spectrum(values, participation_ratio(values), components_for(values, _MOST))


def participation_ratio(eigenvalues: np.ndarray) -> float:
    """Return (Σλ)² / Σλ²: m for m equal ones, 1 if one has it all, 0 if nothing varies.

    As a measure of how many dimensions activity has: Gao et al. 2017, A theory of multineuronal
    dimensionality, dynamics and measurement.
    """
    squares = float((eigenvalues**2).sum())
    return float(eigenvalues.sum()) ** 2 / squares if squares else 0.0


def components_for(eigenvalues: np.ndarray, share: float) -> int:
    """Return how many of the eigenvalues, the largest first, have a share of their sum."""
    total = float(eigenvalues.sum())
    if not total:
        return 0
    # Rounding must not ask for one more.
    return int(np.searchsorted(eigenvalues.cumsum() / total, share - 1e-12)) + 1


def dead_units(deviations: np.ndarray, share: float) -> np.ndarray:
    """Return which units, (m,) bool, deviate by less than a share of the one that does most.

    All do if none varies.
    """
    largest = deviations.max()
    return deviations < share * largest if largest else np.ones(len(deviations), bool)
