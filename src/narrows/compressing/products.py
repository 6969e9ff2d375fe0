"""Product quantization: a few values at a time become the number of the nearest centroid."""

import warnings
from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

_CENTROIDS = 256
_PASSES = 25
# Distances to all centroids are kept for so many codes at a time.
_BLOCK = 4096


@dataclass(frozen=True)
class Products:
    """Groups of neighbouring values, each with centroids of its own (Jégou et al. 2011).

    Attributes:
        mean: (m,) float32.
        scale: (m,) float32, how far the output moves with each value: centroids lie in z times it.
        centroids: (groups, c, width) float32; of the last group zeros may be left over.
    """

    mean: np.ndarray
    scale: np.ndarray
    centroids: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, sensitivity: np.ndarray, width: int, seed: int = 0) -> Self:
        """Place centroids by k-means on codes.

        Args:
            codes: of training examples, (n, m).
            sensitivity: (m,) how far the output moves with each value.
            width: how many values a group has.
            seed: of the first centroids.
        """
        mean, scale = codes.mean(0), np.maximum(sensitivity, 1e-12).astype(np.float32)
        groups = _grouped((codes - mean) * scale, width)
        count = min(_CENTROIDS, len(codes))
        with threadpool_limits(1), warnings.catch_warnings():
            # Fewer different codes than centroids leave some of them unused.
            warnings.simplefilter("ignore", ConvergenceWarning)
            placed = [
                KMeans(count, max_iter=_PASSES, random_state=seed).fit(group) for group in groups
            ]
        centroids = np.stack([found.cluster_centers_ for found in placed]).astype(np.float32)
        return cls(mean, scale, centroids)

    @property
    def levels(self) -> np.ndarray:
        """Return (groups,) how many centroids each group has."""
        groups, count, _ = self.centroids.shape
        return np.full(groups, count, np.int32)

    def symbols(self, codes: np.ndarray) -> np.ndarray:
        """Return the number of each group's nearest centroid."""
        blocks = [codes[i : i + _BLOCK] for i in range(0, len(codes), _BLOCK)]
        empty = np.zeros((0, len(self.centroids)), np.int32)
        return np.concatenate([empty, *map(self._nearest, blocks)])

    def _nearest(self, codes: np.ndarray) -> np.ndarray:
        groups = _grouped((codes - self.mean) * self.scale, self.centroids.shape[2])
        # ‖u − c‖² without ‖u‖², which is the same for all centroids.
        squares = np.square(self.centroids).sum(2)[:, None]
        distances = squares - 2 * groups @ self.centroids.transpose(0, 2, 1)
        return distances.argmin(2).T.astype(np.int32)

    def codes(self, symbols: np.ndarray) -> np.ndarray:
        """Return the centroids."""
        chosen = self.centroids[np.arange(len(self.centroids)), symbols]
        return chosen.reshape(len(symbols), -1)[:, : len(self.mean)] / self.scale + self.mean

    def arrays(self) -> dict[str, np.ndarray]:
        """Return means, scales and centroids."""
        return {"mean": self.mean, "scale": self.scale, "centroids": self.centroids}


def _grouped(values: np.ndarray, width: int) -> np.ndarray:
    """Return (n, m) as (groups, n, width), with zeros behind the last value."""
    n, m = values.shape
    padded = np.pad(values, ((0, 0), (0, -m % width)))
    return np.ascontiguousarray(padded.reshape(n, -1, width).transpose(1, 0, 2))
