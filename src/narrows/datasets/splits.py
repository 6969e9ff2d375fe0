"""Splits that are a function of a seed."""

import numpy as np


def shuffled(n: int, seed: int) -> np.ndarray:
    """Return a random order of 0..n-1."""
    return np.random.Generator(np.random.PCG64(seed)).permutation(n)


def one_hot(classes: np.ndarray, k: int) -> np.ndarray:
    """Return (n, k) uint8 with a 1 in the column of each example's class."""
    return np.eye(k, dtype=np.uint8)[classes]


def stratified(y: np.ndarray, shares: list[float], seed: int) -> list[np.ndarray]:
    """Split examples at random so that each label has its share of each part.

    Labels are dealt out rarest first, all examples of one at a time (Sechidis, Tsoumakas and
    Vlahavas 2011, with the examples of a label dealt together, not one by one). Those with the
    same other labels are spread over the parts.

    Args:
        y: (n, k) 0 or 1.
        shares: of the parts; their sum is 1.
        seed: of the split.

    Returns:
        The examples of each part, in ascending order.
    """
    part = np.full(len(y), -1)
    order, random = shuffled(len(y), seed), np.random.Generator(np.random.PCG64(seed))
    positives = [order[y[order, label] > 0] for label in range(y.shape[1])]
    counts = y.sum(0, dtype=np.int64)
    wanted = np.outer(shares, counts)
    room = np.array(shares) * len(y)
    while (counts > 0).any():
        label = int(np.where(counts > 0, counts, np.inf).argmin())
        rows = positives[label][part[positives[label]] < 0]
        rows = _side_by_side(rows, y, counts)
        part[rows] = _deal(wanted[:, label], room, shares, random.random(len(rows)))
        for p in range(len(shares)):
            chosen = rows[part[rows] == p]
            wanted[p] -= y[chosen].sum(0, dtype=np.int64)
            room[p] -= len(chosen)
        counts = counts - y[rows].sum(0, dtype=np.int64)
    rows = order[part[order] < 0]
    part[rows] = _deal(room, room, shares, random.random(len(rows)))
    return [np.flatnonzero(part == p) for p in range(len(shares))]


def _side_by_side(rows: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return rows in an order in which those with much the same labels stand together.

    The commonest label divides them first: it is dealt last, when there is least choice.
    """
    labels = np.argsort(counts, kind="stable")
    labels = labels[y[rows][:, labels].any(0)]
    return rows[np.lexsort(y[rows][:, labels].T)] if len(labels) > 1 else rows


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
        chance: (n,) random numbers in [0, 1), which move each example a little.
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
    place = np.concatenate([np.arange(count) for count in whole]) + chance
    place /= np.repeat(whole, whole)
    return np.repeat(np.arange(len(wanted)), whole)[np.argsort(place, kind="stable")]
