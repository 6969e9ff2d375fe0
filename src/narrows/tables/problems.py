"""Rows with a problem: all are counted, the first ones are told."""

from collections.abc import Callable

import numpy as np

TOLD = 1000


class Problems:
    """Which rows have a problem, and what it is."""

    def __init__(self) -> None:
        self._rows: list[np.ndarray] = []
        self._texts: dict[int, str] = {}

    def add(self, start: int, places: np.ndarray, text: Callable[[int], str]) -> None:
        """Note rows of a block.

        Args:
            start: the block's first row.
            places: of the rows in the block.
            text: what is wrong with the row at a place.
        """
        if len(places):
            self._rows.append(places.astype(np.int64) + start)
        for place in places[: max(0, TOLD - len(self._texts))]:
            self._texts.setdefault(start + int(place), text(int(place)))

    def merge(self, other: "Problems") -> None:
        """Add the problems of another."""
        self._rows += other._rows
        for row, text in other._texts.items():
            self._texts.setdefault(row, text)

    @property
    def rows(self) -> np.ndarray:
        """The rows, in ascending order, each once."""
        return np.unique(np.concatenate(self._rows)) if self._rows else np.zeros(0, np.int64)

    @property
    def texts(self) -> dict[int, str]:
        """What is wrong with the first ones, by row."""
        return dict(sorted(self._texts.items())[:TOLD])
