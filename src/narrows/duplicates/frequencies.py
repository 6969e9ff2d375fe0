"""The low frequencies of images: 128 numbers that say what an image looks like from afar."""

import numpy as np

from narrows.duplicates.likeness import grey, to_size
from narrows.duplicates.lookup import BITS

_SIDE = 16
# Shares of a side by which an image is shifted.
_SHIFT = 1.5 / 32


def frequencies(images: np.ndarray) -> np.ndarray:
    """Return the 128 lowest frequencies of images (n, C, H, W), (n, 128), of length 1."""
    return _of_length_1((_WAVES @ _small(images) @ _WAVES.T).reshape(-1, _SIDE**2)[:, _LOWEST])


def shifted_frequencies(images: np.ndarray) -> np.ndarray:
    """Return the frequencies of images as they are and as they are shifted, (n, 9, 128)."""
    all_of_them = _SHIFTED @ _small(images) @ _SHIFTED.T
    chosen = all_of_them.reshape(len(images), -1).take(_LOWEST_SHIFTED, axis=1)
    return _of_length_1(chosen.reshape(-1, BITS)).reshape(len(images), -1, BITS)


def _small(images: np.ndarray) -> np.ndarray:
    return to_size(grey(images), _SIDE, _SIDE)


def _of_length_1(values: np.ndarray) -> np.ndarray:
    squares = np.einsum("nd,nd->n", values, values)[:, None]
    return values / np.sqrt(np.maximum(squares, 1e-12))


def _waves() -> np.ndarray:
    """Return (16, 16), the cosine transform of 16 pixels."""
    pixel = np.arange(_SIDE) + 0.5
    waves = np.cos(np.pi / _SIDE * np.outer(np.arange(_SIDE), pixel))
    return (waves / np.linalg.norm(waves, axis=1, keepdims=True)).astype(np.float32)


def _shifting(pixels: float) -> np.ndarray:
    """Return (16, 16), which shifts 16 pixels; those at the edge are repeated."""
    place = np.clip(np.arange(_SIDE) + pixels, 0, _SIDE - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(_SIDE))).astype(np.float32)


def _lowest() -> np.ndarray:
    """Return which 128 of the 16 x 16 frequencies are the lowest, without the constant."""
    u, v = np.divmod(np.arange(_SIDE**2), _SIDE)
    return np.argsort(u**2 + v**2, kind="stable")[1 : BITS + 1]


_WAVES, _LOWEST = _waves(), _lowest()
# For three shifts, which make 48 x 48 frequencies: those of each two shifts are a square of 16.
_SHIFTED = np.concatenate([_WAVES @ _shifting(shift * _SIDE) for shift in (0, -_SHIFT, _SHIFT)])
_LOWEST_SHIFTED = np.concatenate(
    [
        (down * _SIDE + _LOWEST // _SIDE) * len(_SHIFTED) + right * _SIDE + _LOWEST % _SIDE
        for down in range(3)
        for right in range(3)
    ]
)
