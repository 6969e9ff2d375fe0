"""Splits that are a function of a seed."""

from collections.abc import Iterator

import numpy as np

from narrows.row_numbers import AT_ONCE, number_type, spans

_LABEL_BYTES = 8 << 20


def shuffled(n: int, seed: int) -> np.ndarray:
    """Return a random order of 0..n-1."""
    return np.random.Generator(np.random.PCG64(seed)).permutation(n)


def one_hot(classes: np.ndarray, k: int) -> np.ndarray:
    """Return (n, k) uint8 with a 1 in the column of each example's class."""
    return np.eye(k, dtype=np.uint8)[classes]


def stratified(y: np.ndarray, shares: list[float], seed: int) -> list[np.ndarray]:
    """Split examples at random so that each label has its share of each part.

    Args:
        y: (n, k) 0 or 1.
        shares: of the parts; their sum is 1.
        seed: of the split.

    Returns:
        The examples of each part, in ascending order.
    """
    part = deal(y, shares, seed)
    return [np.flatnonzero(part == p) for p in range(len(shares))]


def deal(
    y: np.ndarray,
    shares: list[float],
    seed: int,
    rows: np.ndarray | None = None,
    at_once: int = AT_ONCE,
) -> np.ndarray:
    """Return the part of each example, (n,) int8; -1 for one that is not among `rows`.

    Labels are dealt out rarest first, all examples of one at a time (Sechidis, Tsoumakas and
    Vlahavas 2011, with the examples of a label dealt together, not one by one). Those with the
    same other labels are spread over the parts. A label with many examples is dealt in several
    goes, so that memory is bounded.

    Args:
        y: (n, k) 0 or 1.
        shares: of the parts, 127 at most; their sum is 1.
        seed: of the split.
        rows: numbers of the examples to split, in ascending order; all unless given.
        at_once: how many examples to deal in one go.
    """
    n, random = len(y) if rows is None else len(rows), np.random.Generator(np.random.PCG64(seed))
    part = np.full(len(y), -1, np.int8)
    order = _order(n, seed, rows)
    counts = _sums(y, order)
    wanted, room = np.outer(shares, counts), np.array(shares) * n
    while (counts > 0).any():
        label = int(np.where(counts > 0, counts, np.inf).argmin())
        positive = _chosen(order, (y[:, label] > 0) & (part < 0))
        for span in spans(len(positive), at_once):
            some = _side_by_side(positive[span], y, counts)
            part[some] = _deal(wanted[:, label], room, shares, random.random(len(some)))
            for p in range(len(shares)):
                chosen = some[part[some] == p]
                taken = _sums(y, chosen)
                wanted[p] -= taken
                room[p] -= len(chosen)
                counts = counts - taken
    rest = _chosen(order, part < 0)
    for span in spans(len(rest), at_once):
        some = rest[span]
        part[some] = dealt = _deal(room, room, shares, random.random(len(some)))
        room -= np.bincount(dealt, minlength=len(shares))
    return part


def _order(n: int, seed: int, rows: np.ndarray | None) -> np.ndarray:
    """Return `rows`, or all n, in the order that `shuffled` gives them."""
    order = np.arange(n, dtype=number_type(n))
    np.random.Generator(np.random.PCG64(seed)).shuffle(order)
    return order if rows is None else rows[order]


def _chosen(order: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return those of `order` where the mask is true."""
    return order[mask[order]]


def _sums(y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return how many of some rows have each label, (k,) int64."""
    counts = np.zeros(y.shape[1], np.int64)
    for span in _few(y, len(rows)):
        counts += y[rows[span]].sum(0, dtype=np.int64)
    return counts


def _few(y: np.ndarray, n: int) -> Iterator[slice]:
    """Yield slices of n rows whose labels are some megabytes at a time."""
    return spans(n, max(1, _LABEL_BYTES // max(1, y.shape[1])))


def _side_by_side(rows: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return rows in an order in which those with much the same labels stand together.

    The commonest label divides them first: it is dealt last, when there is least choice.
    """
    labels = np.argsort(counts, kind="stable")
    present = np.zeros(len(counts), bool)
    for span in _few(y, len(rows)):
        present |= y[rows[span]].any(0)
    labels = labels[present[labels]]
    if len(labels) < 2:
        return rows
    keys = np.empty((len(labels), len(rows)), y.dtype)
    for span in _few(y, len(rows)):
        keys[:, span] = y[rows[span]][:, labels].T
    return rows[np.lexsort(keys)]


# An odd example goes where the exact share is nearest to one more, but for parts that have fewer
# examples than their share: each one fewer counts as so much of an example.
_BEHIND = 0.5


def _deal(
    wanted: np.ndarray, room: np.ndarray, shares: list[float], chance: np.ndarray
) -> np.ndarray:
    """Return a part for each of n examples, mixed, with numbers nearly as `wanted`.

    Each number is the exact one, rounded up or down.

    Args:
        wanted: (parts,) numbers in proportion.
        room: (parts,) how many examples are still to come to a part.
        shares: (parts,) of all examples.
        chance: (n,) random numbers in [0, 1), which move each example a little; they are lost.
    """
    wanted = np.maximum(wanted, 0)
    if wanted.sum() == 0:
        wanted = np.maximum(room, 0) + 1e-9
    exact = len(chance) * wanted / wanted.sum()
    whole = np.floor(exact + 1e-9).astype(np.int64)
    rest = np.round(exact - whole, 6)
    behind = np.round(room - np.array(shares) * room.sum(), 6)
    first = np.argsort(-np.where(rest > 0, rest + _BEHIND * behind, -np.inf), kind="stable")
    whole[first[: len(chance) - whole.sum()]] += 1
    ends = np.cumsum(whole)
    for count, end in zip(whole, ends, strict=True):
        chance[end - count : end] += np.arange(count)
        chance[end - count : end] /= count
    parts = np.repeat(np.arange(len(wanted), dtype=np.int8), whole)
    return parts[np.argsort(chance, kind="stable")]
