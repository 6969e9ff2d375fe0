"""Splits that are a function of a seed."""

import numpy as np


def shuffled(n: int, seed: int) -> np.ndarray:
    """Return a random order of 0..n-1."""
    return np.random.Generator(np.random.PCG64(seed)).permutation(n)


def one_hot(classes: np.ndarray, k: int) -> np.ndarray:
    """Return (n, k) uint8 with a 1 in the column of each example's class."""
    return np.eye(k, dtype=np.uint8)[classes]
