"""Average ranks of methods over data sets: Friedman's test and Nemenyi's critical difference."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from narrows.errors import UserError

ALPHA = 0.05


@dataclass(frozen=True)
class Ranks:
    """Average ranks over data sets (Demšar 2006, Statistical comparisons of classifiers).

    Attributes:
        ranks: by method, best first; 1 is best.
        datasets: how many there are.
        p: of Friedman's test that all methods rank alike, by Iman and Davenport's F.
        critical_difference: of Nemenyi's test at 5 %: methods with ranks this far apart
            differ.
    """

    ranks: dict[str, float]
    datasets: int
    p: float
    critical_difference: float

    @property
    def cliques(self) -> list[list[str]]:
        """Largest groups of two or more methods that are not shown to differ, best first."""
        names = list(self.ranks)
        groups: list[list[str]] = []
        for start, name in enumerate(names):
            limit = self.ranks[name] + self.critical_difference
            group = [other for other in names[start:] if self.ranks[other] < limit]
            if len(group) > 1 and (not groups or group[-1] != groups[-1][-1]):
                groups.append(group)
        return groups


def average_ranks(
    scores: Mapping[str, Mapping[str, float]], *, higher_is_better: bool = True
) -> Ranks:
    """Rank the methods on each data set, ties sharing their mean rank, and test the averages.

    Args:
        scores: of each method, by data set.
        higher_is_better: as for average precision; not so for errors.

    Raises:
        UserError: for fewer than two data sets or three methods, or a score that is missing.
    """
    import numpy as np
    from scipy.stats import rankdata

    methods = list(dict.fromkeys(name for by_method in scores.values() for name in by_method))
    _check(scores, methods)
    table = np.array([[by_method[name] for name in methods] for by_method in scores.values()])
    table = -table if higher_is_better else table
    means = rankdata(table, axis=1).mean(axis=0)
    order = np.argsort(means, kind="stable")
    return Ranks(
        {methods[place]: float(means[place]) for place in order},
        len(table),
        _friedman(table),
        critical_difference(len(methods), len(table)),
    )


def _friedman(table: Any) -> float:
    """Return the p-value of Friedman's test in Iman and Davenport's form.

    Args:
        table: scores, (data sets, methods).
    """
    from scipy.special import fdtrc
    from scipy.stats import friedmanchisquare

    n, k = table.shape
    if (table == table[:, :1]).all():
        return 1.0
    # Friedman's own χ² is needlessly careful (Demšar 2006, 3.2.2).
    chi2 = float(friedmanchisquare(*table.T).statistic)
    rest = n * (k - 1) - chi2
    if rest <= 0:
        return 0.0
    return float(fdtrc(k - 1, (k - 1) * (n - 1), (n - 1) * chi2 / rest))


def critical_difference(methods: int, datasets: int) -> float:
    """Return Nemenyi's q √(k (k + 1) / 6N) for k methods and N data sets at 5 %."""
    return _nemenyi(methods) * math.sqrt(methods * (methods + 1) / (6 * datasets))


@cache
def _nemenyi(methods: int) -> float:
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(1 - ALPHA, methods, math.inf)) / math.sqrt(2)


def _check(scores: Mapping[str, Mapping[str, float]], methods: list[str]) -> None:
    if len(scores) < 2 or len(methods) < 3:
        raise UserError(
            f"ranks need two data sets or more and three methods or more; there are {len(scores)} "
            f"and {len(methods)}"
        )
    for dataset, by_method in scores.items():
        for method in methods:
            if not math.isfinite(by_method.get(method, math.nan)):
                raise UserError(
                    f"{method} has no score on {dataset}; leave out the method or the data set"
                )
