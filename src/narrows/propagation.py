"""Labels that spread over a graph of nearest neighbours (Zhou et al. 2004; Iscen et al. 2019)."""

import numpy as np
import scipy.sparse as sp
import torch
from scipy.sparse.linalg import cg
from torch import Tensor
from torch.nn.functional import normalize, pad

# Rows that are compared with all others at once.
_BLOCK = 256
# Neighbours that are looked at together: the k nearest are in the k groups with the nearest.
_GROUP = 64
# Of the residual, against the right side.
_TOLERANCE = 1e-6


def nearest(z: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k nearest other rows of each row, exactly, and their cosines.

    Cosines are between rows from which the mean row was taken. It takes n² d multiplications, and
    memory for a block of rows against all.

    Args:
        z: (n, d), n > k.
        k: number of neighbours.

    Returns:
        Cosines and row numbers, (n, k) each, nearest first.
    """
    z, n = normalize(z - z.mean(0), dim=1), len(z)
    others = pad(z, (0, 0, 0, -n % _GROUP)).T.contiguous()
    found = [_nearest(z, others, start, k) for start in range(0, n, _BLOCK)]
    cosines, rows = zip(*found, strict=True)
    return torch.cat(cosines), torch.cat(rows)


def _nearest(z: Tensor, others: Tensor, start: int, k: int) -> tuple[Tensor, Tensor]:
    """Return what `nearest` does for a block of rows."""
    block = z[start : start + _BLOCK]
    cosines = block @ others
    # Neither padding nor a row itself is a neighbour.
    cosines[:, len(z) :] = -torch.inf
    cosines[:, start:].fill_diagonal_(-torch.inf)
    groups = cosines.view(len(block), -1, _GROUP)
    # Sorting out groups first takes a fraction of the time of torch.topk over all of a row.
    best = groups.amax(2).topk(min(k, groups.shape[1]), 1).indices
    candidates = groups.gather(1, best[..., None].expand(-1, -1, _GROUP)).flatten(1)
    values, places = candidates.topk(k, 1)
    return values, best.gather(1, places // _GROUP) * _GROUP + places % _GROUP


def graph(z: Tensor, k: int, power: float) -> sp.csr_array:
    """Return S = D^-1/2 W D^-1/2, W = A + Aᵀ, A having max(0, cosine)^power for neighbours.

    Args:
        z: (n, d).
        k: neighbours of each row; all others where there are no more.
        power: γ of Iscen et al.

    Returns:
        (n, n), symmetric, eigenvalues from −1 to 1; a row of zeros for one without a neighbour.
    """
    n, k = len(z), min(k, len(z) - 1)
    cosines, columns = nearest(z, k)
    weights = cosines.clamp(min=0).double().pow(power).cpu().numpy()
    starts = np.arange(0, n * k + 1, k)
    a = sp.csr_array((weights.ravel(), columns.cpu().numpy().ravel(), starts), shape=(n, n))
    w = a + a.T
    degrees = w.sum(1)
    scale = sp.diags_array(1 / np.sqrt(np.where(degrees > 0, degrees, 1)))
    return (scale @ w @ scale).tocsr()


def propagate(s: sp.csr_array, y: np.ndarray, known: np.ndarray, alpha: float) -> np.ndarray:
    """Return for each example the share of each label among what reaches it of known examples.

    What reaches example i from j is ((I − α S)⁻¹)_ij, the sum over all walks between them, those of
    m steps weighted by α^m. For labels of which one applies to each example this is Zhou et al.'s F
    with rows that add up to 1; labels that do not exclude one another need no other formula.

    Args:
        s: of `graph`.
        y: (n, k), 0 or 1 where known.
        known: (n,), whether the example's labels are.
        alpha: from 0, each for itself, to nearly 1.

    Returns:
        (n, k) from 0 to 1; not a number for what is not connected with a known example.
    """
    a = sp.eye_array(len(y)) - alpha * s
    sources = np.column_stack([known, np.where(known[:, None], y, 0)]).astype(float)
    reached, *labels = (_solve(a, column) for column in sources.T)
    # Rounding leaves something near 0 of what nothing reaches.
    total = np.where(reached > _TOLERANCE, reached, np.nan)
    return np.clip(np.column_stack(labels) / total[:, None], 0, 1)


def _solve(a: sp.sparray, b: np.ndarray) -> np.ndarray:
    return cg(a, b, rtol=_TOLERANCE, atol=0)[0]
