"""Means and intervals over seeds, paired differences, and labels saved."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % interval.

    Attributes:
        mean: of the values.
        low: lower end of Student's t-interval; None for a single value.
        high: upper end of it.
        seeds: how many values there were.
    """

    mean: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def half_width(self) -> float | None:
        """Half the length of the interval."""
        return None if self.high is None else self.high - self.mean


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of `values` and its 95 % interval by Student's t."""
    n = len(values)
    mean = math.fsum(values) / n
    if n == 1:
        return Estimate(mean, None, None, 1)
    # scipy.stats takes seconds to import, scipy.special a fraction of one.
    from scipy.special import stdtrit

    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * math.sqrt(variance / n)
    return Estimate(mean, mean - half, mean + half, n)


def paired_difference(
    values: Mapping[int, float], baseline: Mapping[int, float]
) -> Estimate | None:
    """Return the mean difference over the seeds that both have; None if they share none."""
    differences = [value - baseline[seed] for seed, value in values.items() if seed in baseline]
    return estimate(differences) if differences else None


def labels_needed(curve: Mapping[int, float], score: float) -> float | None:
    """Return the smallest number of labels at which `curve` reaches `score`.

    Between its budgets the curve is linear in the logarithm of labels.

    Returns:
        None if the curve starts above the score or nowhere reaches it.
    """
    points = sorted(curve.items())
    if not points or score < points[0][1]:
        return None
    if score == points[0][1]:
        return float(points[0][0])
    for (few, low), (many, high) in pairwise(points):
        if low < score <= high:
            return few * (many / few) ** ((score - low) / (high - low))
    return None
