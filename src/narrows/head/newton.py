"""Newton's method for many columns at once, each column stopping by its own gradient."""

from dataclasses import dataclass

import torch
from torch import Tensor

from narrows.head.direction import Hessian, direct, iterate
from narrows.head.precondition import Preconditioner
from narrows.head.problem import Problem


@dataclass(frozen=True)
class Solution:
    """Parameters and what certifies them.

    Attributes:
        p: (c, m + 1).
        gradient: largest absolute value of each column's gradient, divided by n, (c,).
    """

    p: Tensor
    gradient: Tensor


def minimize(
    problem: Problem,
    start: Tensor,
    preconditioner: Preconditioner | None = None,
    tolerance: float = 1e-8,
    max_steps: int = 100,
) -> Solution:
    """Minimize each column's objective.

    Newton's method with Armijo's rule (Nocedal and Wright 2006, algorithms 3.1 and 7.1). Columns
    that have converged are left out of later steps.

    Args:
        problem: of c columns.
        start: parameters to start from, (c, m + 1).
        preconditioner: for conjugate gradients; None solves for each step by Cholesky's factors.
        tolerance: on the gradient divided by n.
        max_steps: Newton steps at most.
    """
    n, hessian = len(problem.codes), Hessian(problem.codes)
    result, told = start.clone(), start.new_zeros(len(start))
    left = torch.arange(len(start), device=start.device)
    p, f = start, problem.logits(start)
    parts, iterations = None, 0
    for step in range(max_steps + 1):
        mean = f.sigmoid()
        gradient = problem.gradient(p, mean)
        size = gradient.abs().amax(1) / n
        result[left], told[left] = p, size
        active = size > tolerance
        if step == max_steps or not active.any():
            break
        if not active.all():
            left, p, f, mean, gradient = (t[active] for t in (left, p, f, mean, gradient))
            problem = problem.columns(active)
            parts = None if parts is None else parts[active]
        curvature = problem.curvature(mean)
        if preconditioner is None:
            s = direct(problem, curvature, gradient)
        else:
            if parts is None or iterations > preconditioner.patience:
                parts = preconditioner.parts(curvature, problem.ridge)
            s, iterations = iterate(
                problem, hessian, preconditioner, parts, curvature, gradient, tolerance
            )
        p, f, moved = _line_search(problem, p, f, s, (gradient * s).sum(1))
        if not moved:
            break
    return Solution(result, told)


def _line_search(
    problem: Problem, p: Tensor, f: Tensor, step: Tensor, slope: Tensor
) -> tuple[Tensor, Tensor, bool]:
    """Halve each column's step until it lowers the objective; return p, its logits, any moved."""
    value = problem.value(p, f)
    # Near the optimum the objective no longer resolves the step: its rounding is allowed for.
    rounding = 100 * torch.finfo(value.dtype).eps * value.abs()
    length, good = torch.ones_like(value), torch.zeros_like(value, dtype=torch.bool)
    for _ in range(40):
        trial = p + length[:, None] * step
        trial_f = problem.logits(trial)
        good = problem.value(trial, trial_f) <= value + 1e-4 * length * slope + rounding
        if good.all():
            return trial, trial_f, True
        length = torch.where(good, length, length / 2)
    p = torch.where(good[:, None], p + length[:, None] * step, p)
    return p, problem.logits(p), bool(good.any())
