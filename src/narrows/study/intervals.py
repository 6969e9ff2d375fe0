"""Means over seeds with their intervals, and differences paired by seed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

# The one level of the project: of tests, and what intervals leave out.
SIGNIFICANT = 0.05
CONFIDENCE = 1 - SIGNIFICANT
# The interval is a function of the values alone: its resamples are drawn from a fixed seed.
_RESAMPLES, _SEED = 9999, 0

Method = Literal["t", "bca"]


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % interval.

    Attributes:
        mean: of the values.
        low: lower end of the interval; None for a single value.
        high: upper end of it.
        seeds: how many values there were.
    """

    mean: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def half_width(self) -> float | None:
        """From the mean to the upper end: half the length of Student's interval."""
        return None if self.high is None else self.high - self.mean


def estimate(values: Sequence[float], method: Method = "t") -> Estimate:
    """Return the mean of `values` and its 95 % interval.

    Student's t is the default, since it keeps what it says with few seeds. Of 4,000 simulated
    samples, an interval of nominally 95 % held the true mean for

        values                       seeds   t      BCa
        normal                         5     94.9   84.3 %
        normal                        10     94.8   89.5 %
        skewed (gamma, skewness 1)     5     94.0   82.7 %
        skewed (gamma, skewness 1)    10     93.5   89.2 %
        heavy tails (t, 4 degrees)     5     95.9   81.2 %
        heavy tails (t, 4 degrees)    10     95.9   87.6 %

    Args:
        values: one for each seed.
        method: "t", or "bca" for the bias-corrected and accelerated bootstrap (Efron 1987).
    """
    n = len(values)
    mean = math.fsum(values) / n
    if n == 1:
        return Estimate(mean, None, None, 1)
    low, high = _INTERVALS[method](values, mean)
    return Estimate(mean, low, high, n)


def _student(values: Sequence[float], mean: float) -> tuple[float, float]:
    half = t_quantile(len(values)) * standard_error(values)
    return mean - half, mean + half


def _bca(values: Sequence[float], mean: float) -> tuple[float, float]:
    if min(values) == max(values):
        return mean, mean
    import numpy as np
    from scipy.stats import bootstrap

    found = bootstrap(
        (values,),
        np.mean,
        confidence_level=CONFIDENCE,
        n_resamples=_RESAMPLES,
        method="BCa",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return float(found.low), float(found.high)


_INTERVALS = {"t": _student, "bca": _bca}


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error s / √n of the mean of two or more values."""
    n = len(values)
    mean = math.fsum(values) / n
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)


def t_quantile(n: int) -> float:
    """Return how many standard errors a two-sided 95 % interval of n values reaches."""
    # scipy.stats takes seconds to import, scipy.special a fraction of one.
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, (1 + CONFIDENCE) / 2))


def paired(values: Mapping[int, float], baseline: Mapping[int, float]) -> dict[int, float]:
    """Return value minus baseline for each seed that both have."""
    return {seed: value - baseline[seed] for seed, value in values.items() if seed in baseline}


def paired_difference(
    values: Mapping[int, float], baseline: Mapping[int, float]
) -> Estimate | None:
    """Return the mean difference over the seeds that both have; None if they share none."""
    differences = list(paired(values, baseline).values())
    return estimate(differences) if differences else None
