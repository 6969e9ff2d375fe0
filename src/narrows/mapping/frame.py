"""Where points are drawn: on a square that holds nearly all of the old ones."""

from typing import NamedTuple

import numpy as np

# Share of the old points that may lie beyond, on each side of an axis; and room around the others.
_BEYOND, _MARGIN = 0.002, 0.04


class Frame(NamedTuple):
    """The part of a map that is drawn, each axis to its own scale.

    Attributes:
        low: (2,) least values.
        high: (2,) largest ones.
    """

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, old: np.ndarray) -> "Frame":
        """Return the frame of a map of old points, (n, 2)."""
        low, high = np.quantile(old, (_BEYOND, 1 - _BEYOND), axis=0)
        room = np.maximum(_MARGIN * (high - low), 1e-6 * np.maximum(1, np.abs(high)))
        return cls(low - room, high + room)

    def inside(self, places: np.ndarray) -> np.ndarray:
        """Return places, (n, 2), as shares of both sides, from 0 to 1; others lie beyond."""
        return (places - self.low) / (self.high - self.low)
