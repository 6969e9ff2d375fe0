"""What a decoder gives on a grid of codes, made small enough for a page.

Pictures of the whole map are combinations of a few: A ≈ C B, rows of A being decoded pictures, B
few rows of bytes and C numbers of each grid point. Between grid points the page interpolates C.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_RANKS = (8, 16, 24, 32, 48, 64, 80)
# Directions that are kept in two bytes a pixel.
_FINE = 12
# Of pixels in [0, 1]: what is not seen.
_TOLERANCE = 4 / 255
# In base64, with all else that is on it, a page is to stay below 8 MB.
_BYTES = 5_300_000
# A pixel that changes by less over the whole map is a constant.
_STILL = 1 / 255
_BLOCK = 4096
# Of the pictures in grid order; no divisor of the grid's side, so that these are spread over it.
_EVERY = 4


@dataclass(frozen=True)
class Atlas:
    """Decoded pictures on a grid, as combinations of a few.

    Attributes:
        coefficients: C, (n * n, r) float32.
        basis: B, (r, a) int8, of the pixels that change.
        active: (p,) bool, which of a picture's pixels these are.
        still: (p,) float32, what the others are, in [0, 1].
        logits: whether values are logits, or pixels as they are.
        worst: the largest error of a pixel at a grid point, in [0, 1].
        mean: the mean error.
    """

    coefficients: np.ndarray
    basis: np.ndarray
    active: np.ndarray
    still: np.ndarray
    logits: bool
    worst: float
    mean: float


def pixels(values: np.ndarray, logits: bool) -> np.ndarray:
    """Return pixels in [0, 1] of what a decoder gave."""
    return 1 / (1 + np.exp(-values)) if logits else np.clip(values, 0, 1)


def make_atlas(
    decode: Callable[[np.ndarray], np.ndarray], codes: np.ndarray, logits: bool
) -> Atlas:
    """Decode codes, and write the pictures as combinations of as few as are needed.

    Args:
        decode: from codes, (b, 2), to values, (b, p).
        codes: of the grid points, (m, 2).
        logits: whether values are logits.
    """
    # Half precision: on a fine grid all pictures together are large. Logits are not cut off where
    # they are as good as black or white, or pictures would be combinations of many more.
    values = np.concatenate([decode(part).astype(np.float16) for part in np.array_split(codes, 32)])
    low, high = (pixels(end.astype(np.float32), logits) for end in (values.min(0), values.max(0)))
    active = high - low > _STILL
    # Without one pixel that changes there would be no basis.
    active[0] = True
    changing = values[:, active]
    # Pictures of neighbours are much alike: directions are found, and ranks tried, on some.
    some = changing[::_EVERY]
    directions = _directions(some)
    most = max(1, min(_RANKS[-1], _BYTES // changing.shape[1]))
    basis = _basis(some, directions)[:most]
    coefficients = _coefficients(changing, basis)

    def is_enough(rank: int) -> bool:
        made = coefficients(rank)[::_EVERY]
        return _errors(some, made, basis[:rank], logits)[0] <= _TOLERANCE

    rank = next((rank for rank in _RANKS if rank < len(basis) and is_enough(rank)), len(basis))
    chosen = coefficients(rank)
    worst, mean = _errors(changing, chosen, basis[:rank], logits)
    return Atlas(chosen, basis[:rank], active, (low + high) / 2, logits, worst, mean)


def _blocks(values: np.ndarray) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, values.shape[1], _BLOCK)]


def _directions(values: np.ndarray) -> np.ndarray:
    """Return the left singular vectors of values, (m, a), as rows, the largest first."""
    gram = np.zeros((len(values), len(values)))
    for block in _blocks(values):
        part = values[:, block].astype(np.float64)
        gram += part @ part.T
    return np.linalg.eigh(gram)[1].T[::-1][: _RANKS[-1]]


def _basis(values: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return B, (r, a) int8, the most important rows first.

    Each is as large as bytes allow. The first ones, which pictures have most of, are followed by
    rows of what rounding took from them.
    """
    basis = np.empty((len(directions), values.shape[1]), np.float32)
    for block in _blocks(values):
        basis[:, block] = directions @ values[:, block]
    basis *= 127 / np.maximum(np.abs(basis).max(1, keepdims=True), 1e-12)
    rounded = np.rint(basis)
    rest = np.rint((basis - rounded)[:_FINE] * 254)
    pairs = np.stack([rounded[:_FINE], rest], 1).reshape(-1, basis.shape[1])
    return np.concatenate([pairs, rounded[_FINE:]]).astype(np.int8)


def _coefficients(values: np.ndarray, basis: np.ndarray) -> Callable[[int], np.ndarray]:
    """Return what gives the best C for the first rows of B, by least squares."""
    product = np.zeros((len(values), len(basis)))
    square = np.zeros((len(basis), len(basis)))
    for block in _blocks(values):
        part = basis[:, block].astype(np.float32)
        product += values[:, block].astype(np.float32) @ part.T
        square += part @ part.T

    def of(rank: int) -> np.ndarray:
        inverse = np.linalg.pinv(square[:rank, :rank], hermitian=True)
        return (product[:, :rank] @ inverse).astype(np.float32)

    return of


def _errors(
    values: np.ndarray, coefficients: np.ndarray, basis: np.ndarray, logits: bool
) -> tuple[float, float]:
    """Return the largest and the mean error of pixels."""
    worst, total = 0.0, 0.0
    for block in _blocks(values):
        made = pixels(coefficients @ basis[:, block].astype(np.float32), logits)
        error = np.abs(made - pixels(values[:, block].astype(np.float32), logits))
        worst, total = max(worst, float(error.max())), total + float(error.sum())
    return worst, total / values.size
