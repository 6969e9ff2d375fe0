"""Rows of a part, read by blocks, and some of them by their places."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from math import prod
from typing import Any, Protocol, TypeVar

import numpy as np
from scipy.sparse import csr_array, vstack

from narrows.parallel import cores, in_order

Values = np.ndarray | csr_array
T = TypeVar("T")
U = TypeVar("U")
_BLOCK_BYTES, _ROWS, _SPARSE_ROWS = 2 << 20, 512, 2048
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
    size = max(1, prod(first.shape[1:]) * first.dtype.itemsize)
    return min(_ROWS, max(1, _BLOCK_BYTES // size))


def each_block(what: Callable[[int, Values], T], reader: Reader) -> Iterator[tuple[slice, T]]:
    """Yield what is made of each block of rows, in order, with its place.

    Args:
        what: is given the place of a block's first row and the block, of at most some megabytes.
        reader: of the rows.
    """
    n, step = count(reader), step_of(reader)
    places = [slice(start, min(n, start + step)) for start in range(0, n, step)]

    def look(place: slice) -> T:
        return what(place.start, read(reader, place.start, place.stop))

    yield from zip(places, in_threads(look, places), strict=True)


def in_threads(what: Callable[[U], T], things: Sequence[U]) -> Iterator[T]:
    """Yield what is made of each thing, in order; numpy leaves the interpreter to others."""
    yield from in_order(_threads(), what, things, 2 * cores())


@cache
def _threads() -> ThreadPoolExecutor:
    """Return threads that are kept: new ones would take address space of their own each time."""
    return ThreadPoolExecutor(cores())


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
