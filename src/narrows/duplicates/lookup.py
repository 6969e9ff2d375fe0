"""Look up bit strings that differ in a few bits: several tables, each keyed by some of the bits."""

from typing import NamedTuple

import numpy as np

from narrows.duplicates.products import product
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
_BELOW_QUERY = (1 << _QUERY) - 1


class _Tables(NamedTuple):
    """Rows by key, for each table.

    Attributes:
        bits: (tables, width) which bits make the key.
        starts: (tables * (2^width + 1),) where the rows of each key begin in `rows`.
        rows: (tables * n,) all rows of each table, by their keys.
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
        # Each half in a row of its own: gathered faster than pairs are.
        self._halves = _halves(strings)
        rows = np.flatnonzero(usable).astype(np.int32)
        width = int(np.clip(np.ceil(np.log2(max(len(rows), 2))), 8, 22))
        random = np.random.Generator(np.random.PCG64(_SEED))
        chosen = [random.choice(from_bits, width, replace=False) for _ in range(tables)]
        self._tables = _tables(strings, rows, np.sort(np.stack(chosen), axis=1))

    def nearest(self, forms: np.ndarray, distance: int, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return up to k rows for each query, the nearest first: (pairs,) queries and their rows.

        Args:
            forms: (queries, forms, 128) of the queries; a bit is the sign of a value, and of the
                first form the smaller a value the more it is in doubt.
            distance: in how many bits a row may differ from one of the forms at most.
            k: how many rows of a query to return.
        """
        found = [np.zeros((2, 0), np.int64)]
        for span in spans(len(forms), _QUERIES):
            queries, rows = self._nearest(forms[span], distance)
            rank = np.arange(len(queries)) - np.searchsorted(queries, queries)
            found.append(np.stack([queries + span.start, rows])[:, rank < k])
        queries, rows = np.concatenate(found, 1)
        return queries, rows

    def _nearest(self, forms: np.ndarray, distance: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows found for each query, the nearest first; see `nearest`."""
        first, others = forms[:, 0], forms[:, 1:].reshape(-1, BITS)
        found = self._found(first > 0, _turned(self._tables, first), distance)
        # Queries are in the upper bits: those of the other forms are counted by form.
        more = self._found(others > 0, np.zeros((1, 1, 1), np.int64), distance)
        per_query = max(1, forms.shape[1] - 1)
        more = ((more >> _QUERY) // per_query << _QUERY) | (more & _BELOW_QUERY)
        # Sorting takes a tenth of the time of np.unique, which hashes.
        near = _once(np.sort(np.concatenate([found, more])))
        queries, rows = near >> _QUERY, near & _ROW
        # Of the forms of a query, the one that is nearest to a row.
        pairs = (queries << 32) | rows
        order = np.argsort(pairs, kind="stable")
        first = np.sort(order[_is_new(pairs[order])])
        return queries[first], rows[first]

    def _found(self, signs: np.ndarray, turned: np.ndarray, distance: int) -> np.ndarray:
        """Return rows that differ in few bits: query, how many, and row in one number.

        Args:
            signs: (queries, 128) bool.
            turned: bits of the keys to turn over, for each query, table and look.
            distance: in how many bits they may differ.
        """
        keys = _keys(self._tables, signs)[:, :, None] ^ turned
        places, counts = _candidates(self._tables, keys)
        return self._close(_halves(np.packbits(signs, axis=1)), places, counts, distance)

    def _close(
        self, strings: np.ndarray, places: np.ndarray, counts: np.ndarray, distance: int
    ) -> np.ndarray:
        """Return candidates that differ in few bits: query, how many, and row in one number.

        Args:
            strings: (2, queries) of the queries.
            places: (candidates,) in the tables, those of the first query first.
            counts: (queries,) how many candidates each has.
            distance: in how many bits they may differ.
        """
        found, ends = [np.zeros(0, np.int64)], np.cumsum(counts)
        step = max(1, _AT_ONCE * len(counts) // max(1, len(places)))
        for start in range(0, len(counts), step):
            some = slice(start, start + step)
            queries = np.repeat(np.arange(start, start + len(counts[some])), counts[some])
            first = ends[start] - counts[start]
            rows = self._tables.rows.take(places[first : first + len(queries)])
            differ = np.zeros(len(rows), np.uint8)
            for ours, theirs in zip(strings, self._halves, strict=True):
                differ += np.bitwise_count(np.repeat(ours[some], counts[some]) ^ theirs.take(rows))
            close = np.flatnonzero(differ <= distance)
            differ = differ[close].astype(np.int64)
            found.append((queries[close] << _QUERY) | (differ << 32) | rows[close])
        return np.concatenate(found)


def _halves(strings: np.ndarray) -> np.ndarray:
    """Return strings of 128 bits, (n, 16) uint8, as (2, n) uint64."""
    return np.ascontiguousarray(np.ascontiguousarray(strings).view(np.uint64).T)


def _is_new(values: np.ndarray) -> np.ndarray:
    """Return which of some sorted values differ from the one before."""
    return np.concatenate([np.ones(min(1, len(values)), bool), values[1:] != values[:-1]])


def _once(values: np.ndarray) -> np.ndarray:
    """Return each of some sorted values once."""
    return values[_is_new(values)]


def _keys(tables: _Tables, signs: np.ndarray) -> np.ndarray:
    """Return the key of each query in each table, (queries, tables)."""
    number, width = tables.bits.shape
    weights = np.zeros((BITS, number), np.float32)
    # A key has at most 22 bits, which floats of 32 bits hold exactly.
    weights[tables.bits, np.arange(number)[:, None]] = 1 << np.arange(width)
    return product(signs.astype(np.float32), weights).astype(np.int64)


def _turned(tables: _Tables, values: np.ndarray) -> np.ndarray:
    """Return which bits of each key to turn over, (queries, tables, subsets), none at first."""
    number, width = tables.bits.shape
    doubts = np.abs(values)[:, tables.bits.ravel()].reshape(len(values), number, width)
    doubted = 1 << np.argpartition(doubts, _DOUBTED, axis=2)[:, :, :_DOUBTED]
    turned = np.zeros((len(values), number, len(_SUBSETS)), np.int64)
    for place, subset in enumerate(_SUBSETS):
        for bit in subset:
            turned[:, :, place] |= doubted[:, :, bit]
    return turned


def _candidates(tables: _Tables, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows whose key is one of a query's: their places, and (queries,) how many.

    Args:
        tables: to look in.
        keys: (queries, tables, keys), the first of them being the key itself.
    """
    number = len(tables.bits)
    offsets = np.arange(number)[:, None] * (len(tables.starts) // number)
    keys = keys + offsets
    starts, ends = tables.starts.take(keys), tables.starts.take(keys + 1)
    most = np.full(keys.shape[2], _OF_ANOTHER)
    most[0] = _OF_THE_KEY
    counts = np.minimum(ends - starts, most)
    starts, each = starts.ravel(), counts.ravel()
    # The k-th of all: its range's start, plus k less what came before that range.
    before = np.cumsum(each) - each
    places = np.repeat(starts - before, each)
    return places + np.arange(len(places)), counts.sum((1, 2))


def _tables(strings: np.ndarray, rows: np.ndarray, bits: np.ndarray) -> _Tables:
    """Return tables of rows.

    Args:
        strings: (n, 16) uint8.
        rows: those to be found.
        bits: (tables, width) that make the keys.
    """
    size, starts, ordered = 1 << bits.shape[1], [], []
    for number, chosen in enumerate(bits):
        keys = np.zeros(len(rows), np.int64)
        for place, bit in enumerate(chosen):
            keys |= ((strings[rows, bit >> 3] >> (7 - (bit & 7))) & 1).astype(np.int64) << place
        ends = np.cumsum(np.bincount(keys, minlength=size))
        starts.append(number * len(rows) + np.concatenate([[0], ends]))
        ordered.append(rows[np.argsort(keys, kind="stable")])
    return _Tables(bits, np.concatenate(starts), np.concatenate(ordered))
