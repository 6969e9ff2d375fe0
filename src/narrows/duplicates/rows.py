"""Rows of a part, read by blocks, and some of them by their places."""

from collections.abc import Iterator
from math import prod
from typing import Any, Protocol, TypeVar

import numpy as np
from scipy.sparse import csr_array, vstack

Values = np.ndarray | csr_array
T = TypeVar("T")
_BLOCK_BYTES, _SPARSE_ROWS = 2 << 20, 2048
# Reading on over so many rows, dense or sparse, costs less than another reading.
_GAP, _SPARSE_GAP = 4, 16


class Reader(Protocol):
    """Rows that are read by slices, dense or sparse."""

    @property
    def shape(self) -> Any:
        """Return (n, …)."""
        ...

    def __getitem__(self, rows: slice, /) -> Any:
        """Return consecutive rows."""
        ...


def count(rows: Reader | Values) -> int:
    """Return how many rows there are."""
    assert rows.shape is not None  # noqa: S101
    return int(rows.shape[0])


def step_of(reader: Reader) -> int:
    """Return how many rows to read at once."""
    first = reader[0:1]
    if not isinstance(first, np.ndarray):
        return _SPARSE_ROWS
    return max(1, _BLOCK_BYTES // max(1, prod(first.shape[1:]) * first.dtype.itemsize))


def blocks(reader: Reader) -> Iterator[tuple[int, Values]]:
    """Yield all rows, some megabytes at a time, each block with the place of its first row."""
    for start, stop in spans(reader):
        yield start, read(reader, start, stop)


def spans(reader: Reader) -> Iterator[tuple[int, int]]:
    """Yield where each block starts and ends."""
    n, step = count(reader), step_of(reader)
    for start in range(0, n, step):
        yield start, min(n, start + step)


def take(reader: Reader, rows: np.ndarray) -> Values:
    """Return the rows at `rows`, (m,), at least one, in any order, with repeats or without."""
    places, back = np.unique(rows, return_inverse=True)
    gap = _GAP if isinstance(reader[0:1], np.ndarray) else _SPARSE_GAP
    cuts = np.flatnonzero(np.diff(places) > gap) + 1
    runs = np.split(places, cuts)
    found = [read(reader, int(run[0]), int(run[-1]) + 1)[run - run[0]] for run in runs]
    if isinstance(found[0], np.ndarray):
        return np.concatenate(found)[back]
    return csr_array(csr_array(vstack(found, format="csr"))[back])


def read(reader: Reader, start: int, stop: int) -> Values:
    """Return the rows from `start` to before `stop`, in memory."""
    values = reader[start:stop]
    # A mapped array would be read again at each use.
    return np.asarray(values) if isinstance(values, np.ndarray) else csr_array(values)
