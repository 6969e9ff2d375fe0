"""What a map keeps of neighbourhoods: trustworthiness, and accuracy of the nearest labels."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.metrics import pairwise_distances

# Rows of a matrix of distances that are in memory at once.
_BLOCK = 512


class Cloud(NamedTuple):
    """Points whose neighbours are looked for: old ones, and others that are compared with them.

    Attributes:
        old: (n, d).
        new: (q, d); None for the old ones themselves, each of which is then no neighbour of itself.
    """

    old: np.ndarray
    new: np.ndarray | None = None

    @property
    def queries(self) -> int:
        """Return the number of points that have neighbours."""
        return len(self.old if self.new is None else self.new)

    def distances(self, near: str = "euclidean") -> Iterator[np.ndarray]:
        """Yield distances to all old points, (block, n), infinite from a point to itself."""
        queries = self.old if self.new is None else self.new
        for start in range(0, len(queries), _BLOCK):
            found = pairwise_distances(queries[start : start + _BLOCK], self.old, metric=near)
            if self.new is None:
                rows = np.arange(len(found))
                found[rows, start + rows] = np.inf
            yield found


def nearest(distances: np.ndarray, k: int) -> np.ndarray:
    """Return the places of the k nearest, (q, k) in no order, of distances, (q, n)."""
    return np.argpartition(distances, k - 1, axis=1)[:, :k]


def trustworthiness(inputs: Cloud, maps: list[Cloud], k: int) -> list[float]:
    """Return how far neighbours on each map are neighbours among inputs (Venna and Kaski 2001).

    T = 1 − 2 / (q k (2n − 3k + 1)) Σ_i Σ_j max(0, r(i, j) − k) for q points i, each with n
    candidates; j runs over the k of them that are nearest on the map, and r(i, j) is j's place by
    nearness among inputs, from 1. It is 1 where all neighbours are kept, and about 1/2 by chance.
    Candidates are the old points: for an old one all others, as in scikit-learn.

    Args:
        inputs: examples as they are, (n, d).
        maps: of the same ones, (n, 2); or codes of any size.
        k: number of neighbours, less than half of the candidates.
    """
    n = len(inputs.old) - (inputs.new is None)
    total = np.zeros(len(maps))
    for apart, *on_maps in zip(inputs.distances(), *(m.distances() for m in maps), strict=True):
        total += [_strangers(apart, nearest(on_map, k)) for on_map in on_maps]
    return (1 - 2 * total / (inputs.queries * k * (2 * n - 3 * k + 1))).tolist()


def _strangers(apart: np.ndarray, neighbours: np.ndarray) -> int:
    """Return the sum of max(0, r − k) over the neighbours, (q, k), by distances, (q, n)."""
    total = 0
    for j in neighbours.T:
        rank = 1 + (apart < np.take_along_axis(apart, j[:, None], 1)).sum(1)
        total += int(np.maximum(0, rank - neighbours.shape[1]).sum())
    return total


def neighbour_accuracy(places: Cloud, labels: np.ndarray, asked: np.ndarray, k: int) -> float:
    """Return how often the label that most of the k nearest old points have is right.

    It is right if the point has that label, alone or beside others. Of equally frequent labels
    the first is taken, as scikit-learn does. Points without a label are not asked about, and
    an old one not about itself (leave one out).

    Args:
        places: (n, 2) and (q, 2).
        labels: of the old points, (n, l) of 0 and 1.
        asked: of those that have neighbours, (q, l), or (n, l).
        k: number of neighbours.
    """
    start, right = 0, 0
    for block in places.distances():
        votes = labels[nearest(block, k)].sum(1, dtype=np.int64)
        rows = np.arange(start, start + len(block))
        said = asked[rows, votes.argmax(1)] * votes.any(1)
        right += int(said.sum())
        start += len(block)
    return right / max(1, int(asked.any(1).sum()))
