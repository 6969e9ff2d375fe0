"""Rows of a table as vectors, read when they are asked for."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from narrows.datasets.base import Block
from narrows.readers.npy import read_rows
from narrows.spec import Shape
from narrows.store import Stored


class Layout(NamedTuple):
    """Where the values of a vector come from, by places of cells and of values.

    Attributes:
        cells: names of the columns.
        width: number of values.
        numbers, number_values: cells that are numbers, and the values they become.
        holes, hole_values: numbers that may be missing, and the values that say so.
        words, word_values: cells that are categories, and the value of the first category.
    """

    cells: tuple[str, ...]
    width: int
    numbers: np.ndarray
    number_values: np.ndarray
    holes: np.ndarray
    hole_values: np.ndarray
    words: np.ndarray
    word_values: np.ndarray


def layout(names: Sequence[str], is_number: Sequence[bool], widths: Sequence[int]) -> Layout:
    """Return the layout of columns that become so many values each, in their order."""
    number, width = np.array(is_number, bool), np.array(widths, np.int64)
    first = np.cumsum(width) - width
    places = np.arange(len(width))
    numbers, holes, words = places[number], places[number & (width == 2)], places[~number]
    return Layout(
        tuple(names),
        int(width.sum()),
        numbers,
        first[numbers],
        holes,
        first[holes] + 1,
        words,
        first[words],
    )


class TableRows:
    """Some rows of a table, as float32 vectors; see `Rows`."""

    def __init__(self, source: str, cells: Stored, layout: Layout, rows: np.ndarray) -> None:
        """Take what the vectors are made from.

        Args:
            source: the table's path, for messages.
            cells: of all rows, as `write_cells` has written them.
            layout: of the vectors.
            rows: (n,) which ones.
        """
        self.source, self.cells, self.layout, self.rows = source, cells, layout, rows
        self.shape: Shape = (len(rows), layout.width)
        self.dtype, self.sparse = np.dtype(np.float32), False

    def block(self, start: int, stop: int) -> Block:
        """Read the rows from `start` to before `stop`."""
        rows = self.rows[start:stop]
        cells = read_rows(self.cells, rows)
        problems = {int(i): self._too_large(int(rows[i]), cells[i]) for i in _infinite(cells)}
        return Block(expand(cells, self.layout), problems)

    def _too_large(self, row: int, cells: np.ndarray) -> str:
        column = self.layout.cells[int(np.flatnonzero(np.isinf(cells))[0])]
        return (
            f"{self.source}: column {column!r} of example {row + 1} is too far from the train "
            "part's mean"
        )


def _infinite(cells: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.isinf(cells).any(1))


def expand(cells: np.ndarray, layout: Layout) -> np.ndarray:
    """Return vectors, (rows, width) float32: missing numbers as 0, words one-hot.

    Args:
        cells: (rows, columns), as `write_cells` describes them.
        layout: of the vectors.
    """
    x = np.zeros((len(cells), layout.width), np.float32)
    numbers = cells[:, layout.numbers]
    x[:, layout.number_values] = np.where(np.isnan(numbers), 0, numbers)
    x[:, layout.hole_values] = np.isnan(cells[:, layout.holes])
    words = cells[:, layout.words].astype(np.int64)
    row, column = np.nonzero(words >= 0)
    x[row, (words + layout.word_values)[row, column]] = 1
    return x
