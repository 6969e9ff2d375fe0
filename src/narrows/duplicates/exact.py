"""Rows that are the same, byte for byte: found by their hashes, then compared."""

from functools import cache

import numpy as np
from scipy.sparse import csr_array

from narrows.duplicates.rows import Reader, Values, count, each_block, step_of, take
from narrows.row_numbers import number_type, spans

_SEED = 0x5EED


def hashes(values: Values) -> np.ndarray:
    """Return a hash of 64 bits for each row, (n,) uint64; equal rows have equal ones."""
    dense = isinstance(values, np.ndarray)
    sums = _of_dense(values) if dense else _of_sparse(canonical(values))
    # Of words that end in zeros, as round numbers do, a sum alone has fewer bits that differ.
    return _mix(sums[:, 0]) ^ sums[:, 1]


def canonical(values: csr_array) -> csr_array:
    """Return the rows with columns in order, each once, and no zeros stored."""
    values = values.copy()
    values.sum_duplicates()
    values.eliminate_zeros()
    return values


def _of_dense(values: np.ndarray) -> np.ndarray:
    flat = plain(values)
    flat = np.pad(flat, ((0, 0), (0, -flat.shape[1] % 4)))
    # Words of 32 bits times keys of 64: each bit of a word reaches 32 bits of the sum or more.
    words = np.ascontiguousarray(flat).view(np.uint32).astype(np.uint64)
    return words @ _keys(words.shape[1])


def plain(values: np.ndarray) -> np.ndarray:
    """Return the bytes of each row, (n, bytes) uint8; both zeros of a float are one."""
    if values.dtype.kind == "f":
        values = values + values.dtype.type(0)
    return np.ascontiguousarray(values).reshape(len(values), -1).view(np.uint8)


@cache
def _keys(n: int) -> np.ndarray:
    random = np.random.Generator(np.random.PCG64(_SEED))
    return random.integers(0, 2**64, size=(n, 2), dtype=np.uint64) | np.uint64(1)


def _of_sparse(values: csr_array) -> np.ndarray:
    columns = values.indices.astype(np.uint64)[:, None]
    bits = np.ascontiguousarray(values.data, np.float32).view(np.uint32).astype(np.uint64)[:, None]
    first, second = _keys(2)
    mixed = _mix(_mix(columns * first + second) ^ bits * second)
    # The sum over a row, as a difference of sums that wrap around.
    sums = np.zeros((len(mixed) + 1, 2), np.uint64)
    np.cumsum(mixed, axis=0, out=sums[1:])
    return sums[values.indptr[1:]] - sums[values.indptr[:-1]]


def _mix(h: np.ndarray) -> np.ndarray:
    """Spread each bit over all 64 (the finalizer of splitmix64)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


def hash_rows(reader: Reader, images: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the hashes of all rows, (n,), and which are blank, (n,) bool."""
    found, blank = np.zeros(count(reader), np.uint64), np.zeros(count(reader), bool)
    for place, known in each_block(lambda _, v: (hashes(v), is_blank(v, images)), reader):
        found[place], blank[place] = known
    return found, blank


def is_blank(values: Values, images: bool) -> np.ndarray:
    """Return which rows show nothing: an image of one colour, zeros alone in other rows."""
    if not isinstance(values, np.ndarray):
        return np.diff(canonical(values).indptr) == 0
    channels = values.shape[1] if images else 1
    flat = values.reshape(len(values), channels, -1)
    return (flat == (flat[..., :1] if images else 0)).all((1, 2))


def same(
    first: Reader, second: Reader, hashed: tuple[np.ndarray, np.ndarray], looked_at: np.ndarray
) -> np.ndarray:
    """Return pairs of equal rows of two parts, (pairs, 2): for each row one twin, the first.

    Args:
        first: where twins are looked for.
        second: where they may be.
        hashed: hashes of the rows of both.
        looked_at: (n,) bool, those of `first` to look at.
    """
    ours, theirs = hashed
    order = np.argsort(theirs, kind="stable").astype(number_type(len(theirs)))
    theirs = theirs[order]
    found = [np.zeros((0, 2), np.int64)]
    for span in spans(len(ours)):
        pairs = _candidates(ours[span], theirs, order)
        pairs[:, 0] += span.start
        pairs = pairs[looked_at[pairs[:, 0]]]
        found.append(pairs[_are_equal(first, second, pairs)])
    return np.concatenate(found)


def _candidates(ours: np.ndarray, theirs: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return places in `ours` and the first row of `theirs`, which are sorted, of that hash."""
    place = np.searchsorted(theirs, ours)
    place[place == len(theirs)] = 0
    rows = np.flatnonzero(theirs[place] == ours) if len(theirs) else np.zeros(0, np.int64)
    return np.stack([rows, order[place[rows]].astype(np.int64)], 1)


def _are_equal(first: Reader, second: Reader, pairs: np.ndarray) -> np.ndarray:
    equal = np.zeros(len(pairs), bool)
    step = step_of(first) if len(pairs) else 1
    for start in range(0, len(pairs), step):
        some = pairs[start : start + step]
        a, b = take(first, some[:, 0]), take(second, some[:, 1])
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            equal[start : start + len(some)] = (plain(a) == plain(b)).all(1)
        else:
            difference = csr_array(a - b)
            difference.eliminate_zeros()
            equal[start : start + len(some)] = np.diff(difference.indptr) == 0
    return equal
