"""How often labels occur, alone and together, read block by block."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from narrows.store import Stored

# Pairs are looked for among this many of the commonest labels, and these are shown in the map.
_PAIRED, _MAPPED = 500, 20
_PAIRS, _TOGETHER = 10, 5
# A lift that is shown as more than 1.
_MORE = 1.05
_BLOCK_VALUES = 1 << 22


@dataclass(frozen=True)
class Pair:
    """Two labels that occur together more often than by chance.

    Attributes:
        first: a label's place.
        second: the other's.
        together: how many examples have both.
        lift: how many times more often than if they were independent.
    """

    first: int
    second: int
    together: int
    lift: float


@dataclass(frozen=True)
class Together:
    """Which labels occur together in a part.

    Attributes:
        labels: places of the commonest labels, commonest first.
        counts: for each two of these how many examples have both.
        pairs: of all labels, those with the greatest lift.
    """

    labels: list[int]
    counts: list[list[int]]
    pairs: list[Pair]


def label_counts(y: Stored, labelled: int) -> tuple[np.ndarray, np.ndarray]:
    """Count the positives of each label, and the examples with 0, 1, 2, … labels.

    Args:
        y: (n, k) 0 or 1.
        labelled: how many rows, from the first, have labels.
    """
    k = y.shape[1]
    positives, of_example = np.zeros(k, np.int64), np.zeros(k + 1, np.int64)
    for block in _blocks(y, labelled):
        positives += block.sum(0, dtype=np.int64)
        of_example += np.bincount(block.sum(1, dtype=np.int64), minlength=k + 1)
    most = int(np.flatnonzero(of_example).max(initial=0))
    return positives, of_example[: most + 1]


def together(y: Stored, labelled: int, positives: list[int]) -> Together:
    """Return which labels occur together.

    Args:
        y: (n, k) 0 or 1.
        labelled: how many rows, from the first, have labels.
        positives: how often each label occurs in these.
    """
    counts = np.array(positives, np.int64)
    order = np.argsort(-counts, kind="stable")[:_PAIRED]
    chosen = order[counts[order] > 0]
    both = np.zeros((len(chosen), len(chosen)), np.int64)
    for block in _blocks(y, labelled):
        # Whole numbers below 2^24 are exact in float32, and its product is a fast one.
        rows = block[:, chosen].astype(np.float32)
        both += (rows.T @ rows).astype(np.int64)
    mapped = both[:_MAPPED, :_MAPPED]
    pairs = _pairs(both, labelled, chosen)
    return Together(chosen[:_MAPPED].tolist(), mapped.tolist(), pairs)


def _pairs(both: np.ndarray, n: int, labels: np.ndarray) -> list[Pair]:
    first, second = np.triu_indices(len(both), 1)
    count, alone = both[first, second], np.diag(both).astype(np.float64)
    lift = n * count / (alone[first] * alone[second])
    lift = np.where((count >= _TOGETHER) & (lift >= _MORE), lift, 0)
    best = np.argsort(-lift, kind="stable")[:_PAIRS]
    return [
        Pair(int(labels[first[i]]), int(labels[second[i]]), int(count[i]), float(lift[i]))
        for i in best
        if lift[i] > 0
    ]


def _blocks(y: Stored, rows: int) -> Iterator[np.ndarray]:
    step = max(1, _BLOCK_VALUES // max(1, y.shape[1]))
    return (y[start : min(start + step, rows)] for start in range(0, rows, step))
