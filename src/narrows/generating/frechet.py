"""How far two sets of features are apart as Gaussians."""

import numpy as np


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return ‖μ − ν‖² + Tr(C + D − 2 (C D)^½), the squared Fréchet distance of two Gaussians.

    They have the means μ, ν and covariances C, D of the rows, as in the Fréchet inception distance
    (Heusel et al. 2017, equation 6; Dowson and Landau 1982). It is biased upwards, the more so the
    fewer rows there are: compare sets of one size.

    Args:
        a: (n, f), n > 1.
        b: (n', f), n' > 1.
    """
    c, d = (np.cov(x.T).reshape(x.shape[1], x.shape[1]) for x in (a, b))
    # C D has the eigenvalues of C^½ D C^½, which is symmetric.
    values, vectors = np.linalg.eigh(c)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ d @ root).clip(0)).sum()
    square = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(c) + np.trace(d) - 2 * shared
    # Equal sets are a rounding error apart, which may be below 0.
    return max(0.0, float(square))
