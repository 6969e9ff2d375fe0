"""From rough and cheap to exact: a sample in float32, all examples in float32, then in float64."""

from torch import Tensor

from narrows.head.newton import Solution, minimize
from narrows.head.precondition import Axes, Dense, Preconditioner
from narrows.head.problem import Problem

# With so many rows a start is sought on every eighth, for columns with enough of both kinds.
_MANY, _STRIDE, _ENOUGH = 8192, 8, 10
# Multiplications up to which forming all Hessians costs less than many small operations.
_DIRECT = 8_000_000
# Those for which forming them once or twice, on a sample, still pays.
_DENSE = 1_000_000_000
# What float32 reaches for certain, and how many steps it may take.
_ROUGH, _STEPS = 1e-5, 20
# What a sample's solution is worth.
_SAMPLED = 1e-3


def solve(problem: Problem, start: Tensor, tolerance: float, max_steps: int) -> Solution:
    """Minimize each column's objective to `tolerance`, on the gradient divided by n.

    Args:
        problem: of c columns, in float64.
        start: parameters to start from, (c, m + 1).
        tolerance: of the last stage, which is in float64.
        max_steps: Newton steps of the last stage at most.
    """
    n, m = problem.codes.shape
    if len(start) * n * m * m <= _DIRECT:
        return minimize(problem, start, None, tolerance, max_steps)
    start = rough_start(problem.float(), start.float(), max(tolerance, _ROUGH)).double()
    return minimize(problem, start, _preconditioner(problem), tolerance, max_steps)


def rough_start(problem: Problem, start: Tensor, tolerance: float) -> Tensor:
    """Return parameters near the minimum, by float32; of many examples on a sample first."""
    if len(problem.codes) < _MANY:
        return minimize(problem, start, Axes.of(problem.codes), tolerance, _STEPS).p
    sample = problem.sample(_STRIDE)
    positives = sample.y.sum(1)
    usable = (positives >= _ENOUGH) & (positives <= len(sample.codes) - _ENOUGH)
    if usable.any():
        start = start.clone()
        start[usable] = rough_start(sample.columns(usable), start[usable], _SAMPLED)
    return minimize(problem, start, _preconditioner(problem), tolerance, _STEPS).p


def _preconditioner(problem: Problem) -> Preconditioner:
    """Return the one that pays near the minimum."""
    few = Dense.work(len(problem.y), problem.codes) <= _DENSE
    return Dense(problem.codes) if few else Axes.of(problem.codes)
