"""Whether differences over seeds are more than chance: p-values, and Holm's correction.

The t-test with Holm's correction decides, since sign flips cannot with few seeds. Simulated: 20,000
studies (for sign flips 4,000) of 4 methods at 3 label budgets, all 12 compared with one scratch.

                                                seeds   t        sign flips
    no difference, a false one is found
        scores normal                             5     4.6 %    0
        scores normal                            10     5.0 %    4.0 %
        scores exponential                        5     2.0 %    0
        scores exponential                       10     2.3 %    4.3 %
        scores with heavy tails (t, 3 degrees)    5     3.2 %    0
        scores with heavy tails (t, 3 degrees)   10     3.0 %    4.3 %
    one method differs at one budget, found
        by 2 standard deviations                  5     34 %     0
        by 3 standard deviations                  5     72 %     0
        by 4 standard deviations                  5     93 %     0
        by 1 standard deviation                  10     35 %     29 %
        by 2 standard deviations                 10     97 %     93 %

A standard deviation is that of the seeds' differences. Both tests need these to be about
symmetric, which they are if the two methods' scores differ in nothing, or are both about normal.
Where the differences themselves are strongly skewed, one method failing now and then as the other
never does, the t-test errs more often than that.
"""

import math
from collections.abc import Sequence

from narrows.study.intervals import standard_error

# Up to this many sign patterns all are tried, which is with 13 seeds; else as many are drawn.
_PATTERNS, _SEED = 9999, 0


def t_test(differences: Sequence[float]) -> float | None:
    """Return the two-sided p-value of Student's paired t-test that the true mean is zero.

    If two methods differ in nothing, the difference of a seed's pair of runs is as often a as −a,
    however skewed their scores are; and with symmetric differences the test errs, if at all, on
    the careful side.

    Returns:
        None for fewer than two differences, or if one is not a number.
    """
    n = len(differences)
    if n < 2 or not all(map(math.isfinite, differences)):
        return None
    from scipy.special import stdtr

    mean, error = math.fsum(differences) / n, standard_error(differences)
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return 2 * float(stdtr(n - 1, -abs(mean) / error))


def sign_flips(differences: Sequence[float]) -> float | None:
    """Return the two-sided p-value of a paired permutation test (Fisher 1935).

    Under no difference each seed's pair could as well have been swapped. The test assumes no more,
    but with n seeds its p is never below 2 / 2ⁿ: 0.0625 with 5, 0.0020 with 10.

    Returns:
        None for fewer than two differences, or if one is not a number.
    """
    if len(differences) < 2 or not all(map(math.isfinite, differences)):
        return None
    import numpy as np
    from scipy.stats import permutation_test

    found = permutation_test(
        (differences, [0.0] * len(differences)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_PATTERNS,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for their number (Holm 1979).

    Calling those up to α significant errs in one or more of them with probability α at most,
    whatever depends on what.

    Args:
        p_values: None for what was not tested; it stays None and does not count.
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, (p, place) in enumerate(tested):
        least = max(least, min(1.0, (len(tested) - rank) * p))
        corrected[place] = least
    return corrected
