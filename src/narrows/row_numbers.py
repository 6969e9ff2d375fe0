"""Numbers of rows in little memory: four bytes each where that is enough."""

from collections.abc import Iterator

import numpy as np

# What is made of so many rows at a time is small beside a process.
AT_ONCE = 1 << 20


def number_type(n: int) -> type[np.int32] | type[np.int64]:
    """Return the smaller of two types that can number n rows."""
    return np.int32 if n <= np.iinfo(np.int32).max else np.int64


def spans(n: int, step: int = AT_ONCE) -> Iterator[slice]:
    """Yield slices that cover n rows, `step` at a time."""
    return (slice(start, min(n, start + step)) for start in range(0, n, step))


def places(mask: np.ndarray) -> np.ndarray:
    """Return where a mask is true, in ascending order."""
    found = np.empty(np.count_nonzero(mask), number_type(len(mask)))
    done = 0
    for span in spans(len(mask)):
        some = np.flatnonzero(mask[span])
        found[done : done + len(some)] = some + span.start
        done += len(some)
    return found


def reorder(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return `values[rows]`, each row once at most, in the memory of `values`, which it destroys.

    Args:
        values: (n, k).
        rows: (m,) numbers of rows.
    """
    width = max(1, 64 * AT_ONCE // max(1, len(rows) * values.itemsize))
    for columns in spans(values.shape[1], width):
        values[: len(rows), columns] = values[rows, columns]
    return values[: len(rows)]
