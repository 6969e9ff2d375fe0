"""Ways to draw new codes: near those of training examples, or from an assumed density."""

from collections.abc import Callable

import numpy as np
from sklearn.neighbors import NearestNeighbors

from narrows.generating.whitening import Whitening

# Gives (n, m) codes for n and a generator of random numbers.
Draw = Callable[[int, np.random.Generator], np.ndarray]


class Neighbours:
    """Training codes, and the k nearest other ones of each.

    Args:
        codes: (n, m), n > k.
        k: how many.
    """

    def __init__(self, codes: np.ndarray, k: int) -> None:
        self.codes = codes
        # The nearest one is the code itself, or one equal to it.
        self._nearest = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(codes)

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return distances and rows, both (len(rows), k), the nearest first."""
        distances, places = self._nearest.kneighbors(self.codes[rows])
        return distances[:, 1:], places[:, 1:]


def interpolate(near: Neighbours) -> Draw:
    """Return z = (1 − t) zᵢ + t zⱼ, zⱼ being one of the nearest of zᵢ, and t uniform in [0, 1]."""

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        rows = rng.integers(len(near.codes), size=n)
        places = near.of(rows)[1]
        others = places[np.arange(n), rng.integers(places.shape[1], size=n)]
        t = rng.random((n, 1))
        return (1 - t) * near.codes[rows] + t * near.codes[others]

    return draw


def noise(near: Neighbours) -> Draw:
    """Return z = zᵢ + (dᵢ / √m) ε, ε ~ N(0, I) of m values, dᵢ the distance of the k-th nearest.

    The noise has a mean square length of dᵢ²: it leads as far as the neighbours lie.
    """

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        rows = rng.integers(len(near.codes), size=n)
        reach = near.of(rows)[0][:, -1:]
        m = near.codes.shape[1]
        return near.codes[rows] + reach / m**0.5 * rng.standard_normal((n, m))

    return draw


def gaussian(codes: np.ndarray) -> Draw:
    """Return z ~ N(μ, Σ), with mean and covariance of the training codes, (n, m)."""
    whitening = Whitening.of(codes)
    r = len(whitening.scale)
    return lambda n, rng: whitening.codes(rng.standard_normal((n, r)))


def normal(m: int) -> Draw:
    """Return z ~ N(0, I) of m values, whatever the training codes are."""
    return lambda n, rng: rng.standard_normal((n, m))
