"""Newton's direction of many columns: H s = −gradient, H = Zᵀ diag(curvature) Z + ridge."""

import torch
from torch import Tensor

from narrows.head.precondition import Preconditioner
from narrows.head.problem import Problem

# What fraction of the residual float64 and float32 can reach, and what is enough far away.
_FINE, _COARSE, _ENOUGH = 1e-6, 1e-3, 0.1
_TINY = 1e-37


class Hessian:
    """Products of each column's H with a vector, in float32 until that does not do.

    Newton's method corrects what float32 leaves: its gradient is in float64.
    """

    def __init__(self, codes: Tensor) -> None:
        self.codes, self.exact = codes.float(), codes
        self.floor = _COARSE

    def refine(self) -> None:
        """Use the codes' own precision from here on."""
        self.codes, self.floor = self.exact, _FINE

    def product(self, curvature: Tensor, s: Tensor) -> Tensor:
        """Return Zᵀ diag(curvature) Z s, s being (c, m + 1)."""
        f = s.to(self.codes.dtype) @ self.codes.T
        return (f.mul_(curvature) @ self.codes).to(s.dtype)


def direct(problem: Problem, curvature: Tensor, gradient: Tensor) -> Tensor:
    """Solve by Cholesky's factors; for few and small columns."""
    hessian = (problem.codes.T * curvature[:, None, :]) @ problem.codes
    diagonal = hessian.diagonal(dim1=1, dim2=2)
    # The intercept has no ridge: where all curvature is gone it would have no pivot.
    diagonal.add_(problem.ridge + 1e-14 * diagonal + 1e-12)
    factor = torch.linalg.cholesky_ex(hessian)[0]
    return -torch.cholesky_solve(gradient[:, :, None], factor)[:, :, 0]


def iterate(
    problem: Problem,
    hessian: Hessian,
    preconditioner: Preconditioner,
    parts: Tensor,
    curvature: Tensor,
    gradient: Tensor,
    tolerance: float,
) -> tuple[Tensor, int]:
    """Solve by conjugate gradients (Nocedal and Wright 2006, algorithm 5.3), all columns at once.

    The residual falls with the gradient, which makes Newton's method converge superlinearly.

    Returns:
        s, (c, m + 1), and how many iterations it took.
    """
    goal = _goal(gradient, len(problem.codes), hessian.floor, tolerance)
    ridge, result, left = (
        problem.ridge,
        torch.zeros_like(gradient),
        torch.arange(len(goal), device=goal.device),
    )
    s, r, curvature = torch.zeros_like(gradient), -gradient, curvature.to(hessian.codes.dtype)
    d = u = preconditioner.solve(r, parts)
    rho = (r * u).sum(1)
    for iteration in range(10 * gradient.shape[1]):
        h = hessian.product(curvature, d) + ridge * d
        alpha = (rho / (d * h).sum(1).clamp_min(_TINY))[:, None]
        s, r = s + alpha * d, r - alpha * h
        active = r.norm(dim=1) > goal
        if not active.all():
            # Columns that are done would cost as much as the others.
            result[left[~active]] = s[~active]
            if not active.any():
                return result, iteration + 1
            keep = (left, s, r, d, rho, goal, parts, ridge, curvature)
            left, s, r, d, rho, goal, parts, ridge, curvature = (t[active] for t in keep)
        u = preconditioner.solve(r, parts)
        new = (r * u).sum(1)
        d, rho = u + (new / rho.clamp_min(_TINY))[:, None] * d, new
    result[left] = s
    hessian.refine()
    return result, 10 * gradient.shape[1]


def _goal(gradient: Tensor, n: int, floor: float, tolerance: float) -> Tensor:
    """Return the norm at which each column's residual is small enough."""
    norm = gradient.norm(dim=1)
    fraction = (norm / n).sqrt().clamp(floor, _ENOUGH)
    return torch.maximum(norm * fraction, torch.full_like(norm, tolerance * n / 2))
