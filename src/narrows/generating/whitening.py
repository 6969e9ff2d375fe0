"""Codes in coordinates in which they have mean 0 and covariance I."""

from typing import NamedTuple

import numpy as np

# Directions with less than this share of the largest deviation are constant but for rounding.
_CONSTANT = 1e-6


class Whitening(NamedTuple):
    """u = diag(s)⁻¹ Vᵀ (z − μ), and back.

    Attributes:
        mean: μ, (m,).
        axes: V, (m, r), eigenvectors of the codes' covariance, the largest first.
        scale: s, (r,), the codes' deviations along them.
        kept: share of the codes' variance along these axes.
    """

    mean: np.ndarray
    axes: np.ndarray
    scale: np.ndarray
    kept: float

    @classmethod
    def of(cls, codes: np.ndarray, most: int | None = None) -> "Whitening":
        """Find the axes of codes, (n, m), `most` of them at most; constant directions have none."""
        mean = codes.mean(0)
        centred = codes - mean
        variances, axes = np.linalg.eigh(centred.T @ centred / len(codes))
        variances, axes = variances[::-1].clip(0), axes[:, ::-1]
        scale = np.sqrt(variances)
        # Codes that are all alike keep one axis, of deviation 0.
        r = max(1, int((scale > _CONSTANT * scale[0]).sum()))
        r = r if most is None else min(r, most)
        total = float(variances.sum())
        kept = float(variances[:r].sum()) / total if total else 1.0
        return cls(mean, axes[:, :r], scale[:r], kept)

    def whitened(self, codes: np.ndarray) -> np.ndarray:
        """Return u, (n, r), of codes, (n, m)."""
        return (codes - self.mean) @ self.axes / np.where(self.scale > 0, self.scale, 1)

    def codes(self, u: np.ndarray) -> np.ndarray:
        """Return codes, (n, m), of u, (n, r): in directions without an axis they are the mean."""
        return (u * self.scale) @ self.axes.T + self.mean
