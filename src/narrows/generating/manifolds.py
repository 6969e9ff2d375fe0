"""Precision and recall of samples, by balls around features that reach to their neighbours."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist

# As in the paper.
NEIGHBOURS = 3
_AT_ONCE = 500


def precision_recall(
    real: np.ndarray, generated: np.ndarray, k: int = NEIGHBOURS
) -> tuple[float, float]:
    """Return improved precision and recall (Kynkäänniemi et al. 2019, equations 1 and 2).

    Precision is the share of generated features in a ball around a real one, recall that of real
    ones in a ball around a generated one. A ball reaches to the k-th nearest of its own set.

    Args:
        real: (n, f), n > k.
        generated: (n', f), n' > k.
        k: of the neighbour.
    """
    return _covered(generated, real, k), _covered(real, generated, k)


def _covered(points: np.ndarray, centres: np.ndarray, k: int) -> float:
    """Return the share of points in a ball around one of the centres."""
    # The nearest centre is the centre itself.
    radii = np.concatenate([np.partition(d, k, axis=1)[:, k] for d in _blocks(centres, centres)])
    inside = [(d <= radii).any(1) for d in _blocks(points, centres)]
    return float(np.concatenate(inside).mean())


def _blocks(a: np.ndarray, b: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(a), _AT_ONCE):
        yield cdist(a[start : start + _AT_ONCE], b)
