"""Look up bit strings that differ in a few bits: several tables, each keyed by some of the bits."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from narrows.row_numbers import spans

BITS = 128
_SEED = 0x1DE
# Bits of a key that are turned over when it is looked up: all subsets of up to two.
_DOUBTED = 5
_SUBSETS = [(), *((i,) for i in range(_DOUBTED))] + [
    (i, j) for i in range(_DOUBTED) for j in range(i)
]
# How many rows of the key itself are looked at, and of one with bits turned over.
_OF_THE_KEY, _OF_ANOTHER = 16, 4
_AT_ONCE = 1 << 15
# Each has a thousand candidates or more.
_QUERIES = 256
# In 64 bits: 32 of a row, 8 of a distance, the rest of a query.
_QUERY, _ROW = 40, 0xFFFFFFFF


class Table(NamedTuple):
    """Rows by key.

    Attributes:
        bits: (w,) which bits make the key.
        starts: (2^w + 1,) where the rows of each key begin in `rows`.
        rows: (n,) all rows, by their keys.
    """

    bits: np.ndarray
    starts: np.ndarray
    rows: np.ndarray


class Lookup:
    """Bit strings of n rows, found again by strings that are close to them.

    A key has about log2(n) bits, so that a key has about one row whatever n is: time and memory
    are linear. Of many rows with one key, a few are looked at.

    Args:
        strings: (n, 16) uint8, 128 bits of each row.
        usable: (n,) bool, rows to be found.
        tables: how many.
        from_bits: keys are made of the first so many bits.
    """

    def __init__(
        self, strings: np.ndarray, usable: np.ndarray, tables: int, from_bits: int = BITS
    ) -> None:
        self._strings = np.ascontiguousarray(strings).view(np.uint64)
        rows = np.flatnonzero(usable).astype(np.int32)
        width = int(np.clip(np.ceil(np.log2(max(len(rows), 2))), 8, 22))
        random = np.random.Generator(np.random.PCG64(_SEED))
        self._tables = [
            _table(strings, rows, np.sort(random.choice(from_bits, width, replace=False)))
            for _ in range(tables)
        ]

    def nearest(
        self, forms: Sequence[np.ndarray], distance: int, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return up to k rows for each query, the nearest first: (pairs,) queries and their rows.

        Args:
            forms: of the queries, each (queries, 128); a bit is the sign of a value, and of the
                first form the smaller a value the more it is in doubt.
            distance: in how many bits a row may differ from one of the forms at most.
            k: how many rows of a query to return.
        """
        found = [np.zeros((2, 0), np.int64)]
        for span in spans(len(forms[0]), _QUERIES):
            queries, rows = self._nearest([values[span] for values in forms], distance)
            rank = np.arange(len(queries)) - np.searchsorted(queries, queries)
            found.append(np.stack([queries + span.start, rows])[:, rank < k])
        queries, rows = np.concatenate(found, 1)
        return queries, rows

    def _nearest(self, forms: Sequence[np.ndarray], distance: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows found for each query, the nearest first; see `nearest`."""
        found = []
        for number, values in enumerate(forms):
            strings = np.packbits(values > 0, axis=1).view(np.uint64)
            subsets = _SUBSETS if number == 0 else _SUBSETS[:1]
            for table in self._tables:
                queries, rows = _candidates(table, values, subsets)
                found.append(self._close(strings, queries, rows, distance))
        # Sorting takes a tenth of the time of np.unique, which hashes.
        near = _once(np.sort(np.concatenate(found)))
        queries, rows = near >> _QUERY, near & _ROW
        # Of the forms of a query, the one that is nearest to a row.
        pairs = (queries << 32) | rows
        order = np.argsort(pairs, kind="stable")
        first = np.sort(order[_is_new(pairs[order])])
        return queries[first], rows[first]

    def _close(
        self, strings: np.ndarray, queries: np.ndarray, rows: np.ndarray, distance: int
    ) -> np.ndarray:
        """Return candidates that differ in few bits: query, how many, and row in one number."""
        found = [np.zeros(0, np.int64)]
        for start in range(0, len(rows), _AT_ONCE):
            q, r = queries[start : start + _AT_ONCE], rows[start : start + _AT_ONCE]
            differ = np.bitwise_count(strings[q] ^ self._strings[r]).sum(1, dtype=np.int64)
            close = differ <= distance
            found.append((q[close] << _QUERY) | (differ[close] << 32) | r[close])
        return np.concatenate(found)


def _is_new(values: np.ndarray) -> np.ndarray:
    """Return which of some sorted values differ from the one before."""
    return np.concatenate([np.ones(min(1, len(values)), bool), values[1:] != values[:-1]])


def _once(values: np.ndarray) -> np.ndarray:
    """Return each of some sorted values once."""
    return values[_is_new(values)]


def _candidates(
    table: Table, values: np.ndarray, subsets: Sequence[tuple[int, ...]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows whose key is that of a query or close to it: (pairs,) queries and rows."""
    weights = 1 << np.arange(len(table.bits))
    chosen = values[:, table.bits]
    doubted = np.argpartition(np.abs(chosen), _DOUBTED, axis=1)[:, :_DOUBTED]
    turned = weights[doubted]
    keys = ((chosen > 0) @ weights)[:, None]
    flips = [turned[:, list(s)].sum(1) if s else np.zeros(len(values), int) for s in subsets]
    keys = keys ^ np.stack(flips, 1)
    starts, ends = table.starts[keys].ravel(), table.starts[keys + 1].ravel()
    most = np.full(keys.shape, _OF_ANOTHER)
    most[:, 0] = _OF_THE_KEY
    counts = np.minimum(ends - starts, most.ravel())
    queries = np.repeat(np.arange(keys.size) // len(subsets), counts)
    # The k-th of all: its range's start, plus k less what came before that range.
    place = np.arange(len(queries)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return queries, table.rows[place]


def _table(strings: np.ndarray, rows: np.ndarray, bits: np.ndarray) -> Table:
    keys = np.zeros(len(rows), np.int64)
    for place, bit in enumerate(bits):
        keys |= ((strings[rows, bit >> 3] >> (7 - (bit & 7))) & 1).astype(np.int64) << place
    starts = np.zeros((1 << len(bits)) + 1, np.int32)
    np.cumsum(np.bincount(keys, minlength=1 << len(bits)), out=starts[1:])
    return Table(bits, starts, rows[np.argsort(keys, kind="stable")])
