"""Where codes lie on the map: a square, with examples spread over it, whatever the codes' scale."""

from typing import NamedTuple

import numpy as np

# What lies beyond, on each side of an axis, is drawn on the map's border.
_OUTLIERS = 0.005
# 0 would leave the codes as they are, 1 have as many examples in each strip of the map.
_SPREAD = 0.6


class Frame(NamedTuple):
    """A map between codes and places on a square, smooth and invertible.

    Attributes:
        axes: (2, 2), the directions of the map's axes among codes, in rows.
        nodes: (2, n), along each axis what the codes are at n even steps from 0 to 1.
    """

    axes: np.ndarray
    nodes: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, n: int) -> "Frame":
        """Fit the map to codes, (m, 2): their principal axes, each stretched where they are dense.

        Args:
            codes: of the training examples.
            n: how many steps an axis has.
        """
        _, _, axes = np.linalg.svd(codes - codes.mean(0), full_matrices=False)
        along = codes @ axes.T
        steps = np.linspace(_OUTLIERS, 1 - _OUTLIERS, n)
        nodes = []
        for values in along.T:
            quantiles = np.quantile(values, steps)
            even = np.linspace(quantiles[0], quantiles[-1], n)
            # Equal codes would leave no way back from a code to its place.
            tiny = np.linspace(0, 1e-6 * max(1.0, float(np.abs(values).max())), n)
            nodes.append(_SPREAD * quantiles + (1 - _SPREAD) * even + tiny)
        return cls(axes, np.stack(nodes))

    def grid(self) -> np.ndarray:
        """Return the codes at the map's grid points, (n, n, 2): first down, then to the right."""
        right, down = np.meshgrid(self.nodes[0], self.nodes[1])
        # Axes are orthonormal.
        return np.stack([right, down], -1) @ self.axes

    def places(self, codes: np.ndarray) -> np.ndarray:
        """Return the places of codes, (m, 2), from 0 to 1: to the right, and down."""
        along = codes @ self.axes.T
        steps = np.linspace(0, 1, self.nodes.shape[1])
        pairs = zip(along.T, self.nodes, strict=True)
        return np.stack([np.interp(values, nodes, steps) for values, nodes in pairs], 1)
