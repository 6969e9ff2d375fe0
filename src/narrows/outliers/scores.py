"""How unlike the training examples an example is, from its code and its error of reconstruction."""

from typing import Protocol

import numpy as np
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from narrows.errors import UserError
from narrows.outliers.options import Score

# How many of the nearest training examples make a plane, at most, and how many examples that takes.
NEIGHBOURS, _LEAST = 30, 3
# Examples whose distances are computed at once.
_AT_ONCE = 500
# A Gaussian has m² / 2 numbers for codes of m: each has so many examples to learn from, at least.
_COMPONENTS, _EXAMPLES_EACH = 10, 100
# Codes have a deviation of 1: added to the variances, so that no direction is without any.
_LEAST_VARIANCE = 1e-2
# What varies less than this share of the largest deviation is constant but for rounding.
_CONSTANT = 1e-6


class Scoring(Protocol):
    """Gives scores, the larger the more unlike."""

    def __call__(self, z: np.ndarray, error: np.ndarray) -> np.ndarray:
        """Return (n,) scores of n examples with codes z, (n, m), and errors, (n,)."""
        ...


def scoring(score: Score, z: np.ndarray, error: np.ndarray) -> Scoring:
    """Return what scores new examples.

    Args:
        score: which one.
        z: codes of the training examples, (n, m).
        error: of their reconstruction, (n,).

    Raises:
        UserError: if there are too few of them.
    """
    if score == "reconstruction":
        return Reconstruction()
    if score == "density":
        return Density(z)
    return Distance(z) if score == "distance" else Combined(z, error)


class Reconstruction:
    """The error of reconstruction, as it is."""

    def __call__(self, z: np.ndarray, error: np.ndarray) -> np.ndarray:
        """Return the errors."""
        return error


class Distance:
    """From a code to the plane through the nearest ones in training (Vincent and Bengio 2001).

    With the k = min(30, √n) nearest ones as rows of V, their mean m taken off, it is ‖z − m − aV‖
    for the a with the least ‖z − m − aV‖² + μ ‖a‖², μ = tr(VVᵀ) / k. It would be to the mean of the
    nearest at μ = ∞, and to the plane through them all, however far from them, at 0.

    Args:
        z: codes of the training examples, (n, m), n > 2.
    """

    def __init__(self, z: np.ndarray) -> None:
        if len(z) < _LEAST:
            raise UserError(f"the model has {len(z)} training examples; a distance takes {_LEAST}")
        self._z = z.astype(np.float64)
        # More of few examples would not be near.
        k = min(NEIGHBOURS, round(len(z) ** 0.5))
        self._nearest = NearestNeighbors(n_neighbors=k).fit(z)

    def __call__(self, z: np.ndarray, error: np.ndarray) -> np.ndarray:
        """Return the distances of new examples."""
        return self._to_planes(z, self._nearest.kneighbors(z, return_distance=False))

    def of_training(self) -> np.ndarray:
        """Return those of the training examples, each to the others."""
        return self._to_planes(self._z, self._nearest.kneighbors(return_distance=False))

    def _to_planes(self, z: np.ndarray, nearest: np.ndarray) -> np.ndarray:
        """Return the distances, (n,), to planes through the codes at `nearest`, (n, k)."""
        blocks = range(0, len(z), _AT_ONCE)
        found = [self._block(z[i : i + _AT_ONCE], nearest[i : i + _AT_ONCE]) for i in blocks]
        return np.concatenate(found)

    def _block(self, z: np.ndarray, nearest: np.ndarray) -> np.ndarray:
        v = self._z[nearest]
        mean = v.mean(1, keepdims=True)
        v, off = v - mean, z.astype(np.float64)[:, None] - mean
        gram = v @ v.transpose(0, 2, 1)
        mu = gram.trace(axis1=1, axis2=2)[:, None, None] / nearest.shape[1]
        # Equal neighbours are a point, to which any a leads.
        mu[mu == 0] = 1
        a = np.linalg.solve(gram + mu * np.eye(nearest.shape[1]), v @ off.transpose(0, 2, 1))
        return np.linalg.norm(off - a.transpose(0, 2, 1) @ v, axis=2)[:, 0]


class Density:
    """−ln p(z) of a mixture of Gaussians, fitted to the standardized codes.

    Args:
        z: codes of the training examples, (n, m), n > 1.
    """

    def __init__(self, z: np.ndarray) -> None:
        if len(z) < 2:
            raise UserError("the model has one training example; a density takes more")
        deviation = z.std(0)
        self._mean = z.mean(0)
        self._scale = np.where(deviation > _CONSTANT * deviation.max(), deviation, 1)
        components = min(_COMPONENTS, max(1, len(z) // _EXAMPLES_EACH))
        mixture = GaussianMixture(components, reg_covar=_LEAST_VARIANCE, random_state=0)
        self._mixture = mixture.fit(self._standardized(z))

    def __call__(self, z: np.ndarray, error: np.ndarray) -> np.ndarray:
        """Return −ln p of new examples."""
        return -self._mixture.score_samples(self._standardized(z))

    def _standardized(self, z: np.ndarray) -> np.ndarray:
        return ((z - self._mean) / self._scale).astype(np.float64)


class Combined:
    """e / ẽ + d² / d̃², with medians ẽ and d̃² over the training examples.

    The error e is a squared distance to what the decoder can draw, and d one within that: as in
    Pythagoras' theorem their squares are added. For the medians, a training example's distance is
    to the other ones.

    Args:
        z: codes of the training examples, (n, m).
        error: of their reconstruction, (n,).
    """

    def __init__(self, z: np.ndarray, error: np.ndarray) -> None:
        self._distance = Distance(z)
        self._units = [_median(error), _median(self._distance.of_training() ** 2)]

    def __call__(self, z: np.ndarray, error: np.ndarray) -> np.ndarray:
        """Return the sum for new examples."""
        return error / self._units[0] + self._distance(z, error) ** 2 / self._units[1]


def _median(values: np.ndarray) -> float:
    """Return the median of what is not 0, as distances among equal examples are."""
    positive = values[values > 0]
    return float(np.median(positive)) if len(positive) else 1.0
