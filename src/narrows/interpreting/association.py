"""How code units and labels are associated: correlation and mutual information."""

from typing import NamedTuple

import numpy as np
from scipy.special import entr, rel_entr
from sklearn.preprocessing import StandardScaler

from narrows.randomness import derive

BINS, PERMUTATIONS = 10, 19


class Association(NamedTuple):
    """Of m code units and k labels.

    Attributes:
        correlation: (m, k), Pearson's; 0 where a unit or a label does not vary.
        information: (m, k), mutual information in bits.
        entropy: (k,), of the labels in bits.
        chance: the largest mutual information of all pairs after labels were permuted.
        examples: how many it was measured on.
    """

    correlation: np.ndarray
    information: np.ndarray
    entropy: np.ndarray
    chance: float
    examples: int


def associate(codes: np.ndarray, y: np.ndarray, seed: int) -> Association:
    """Return how units and labels are associated.

    Labels are permuted 19 times, whole rows at once. If no label depended on any unit, the largest
    mutual information of all pairs would be above those of all permutations with a probability of
    1/20: no other assumption is made, and the number of pairs is allowed for (Westfall and Young
    1993, Resampling-based multiple testing).

    Args:
        codes: (n, m).
        y: labels, (n, k), 0 or 1.
        seed: of the permutations.
    """
    bins, rng = quantile_bins(codes), np.random.default_rng(derive(seed, "permutations"))
    permuted = [mutual_information(bins, rng.permutation(y)) for _ in range(PERMUTATIONS)]
    frequency = y.mean(0)
    return Association(
        correlations(codes, y),
        mutual_information(bins, y),
        (entr(frequency) + entr(1 - frequency)) / np.log(2),
        float(np.max(permuted)),
        len(y),
    )


def correlations(codes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Pearson's r of each unit, (n, m), and each label, (n, k), as (m, k)."""
    # What does not vary becomes 0.
    z, t = (StandardScaler().fit_transform(a.astype(np.float64)) for a in (codes, y))
    return z.T @ t / len(y)


def quantile_bins(codes: np.ndarray) -> np.ndarray:
    """Return the tenth, 0..9, that each value lies in, (n, m): about as many examples in each.

    Equal values are in one bin, so that some are empty where many are equal.
    """
    edges = np.quantile(codes, np.arange(1, BINS) / BINS, axis=0)
    return np.stack([codes > edge for edge in edges]).sum(0)


def mutual_information(bins: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mutual information of binned units and labels, (m, k) bits, not below 0.

    It is that of the counts, less what independent ones have on average: (cells − bins − values +
    1) / 2n nats, where what is not empty is counted (Miller 1955, Note on the bias of information
    estimates).

    Args:
        bins: (n, m), 0..9.
        y: labels, (n, k), 0 or 1.
    """
    labels, inside = y.astype(np.float32), [bins == b for b in range(BINS)]
    # Counts are whole numbers, which float32 has exactly up to 16 million.
    positive = np.stack([rows.T.astype(np.float32) @ labels for rows in inside])
    total = np.stack([rows.sum(0) for rows in inside])[..., None]
    # (bins, m, 2, k).
    joint = np.stack([positive, total - positive], 2).astype(np.float64) / len(y)
    of_bin, of_value = joint.sum(2, keepdims=True), joint.sum(0, keepdims=True)
    found = rel_entr(joint, of_bin * of_value).sum((0, 2))
    cells, bins_used, values_used = ((p > 0).sum((0, 2)) for p in (joint, of_bin, of_value))
    bias = (cells - bins_used - values_used + 1) / (2 * len(y))
    return np.maximum(found - bias, 0) / np.log(2)
