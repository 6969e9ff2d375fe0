"""Fit a head: each label's penalty and class weights, then the solution and what certifies it."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from narrows.head.penalty import CrossValidation
from narrows.head.problem import Problem, ridge_of, with_ones
from narrows.head.solve import solve

ClassWeight = Literal["balanced"]
_WITHOUT_FLOAT64 = ("mps",)


@dataclass(frozen=True)
class Head:
    """Solution of `fit_head`, in float64.

    Attributes:
        v: weights, (k, m).
        b: intercepts, (k,).
        gradient: largest absolute value of each label's gradient at the solution in float64,
            before it is rounded to the float32 of a model's weights, divided by the number of
            examples, (k,); 0 for a label that has no solution.
        penalty: of each label, (k,).
    """

    v: Tensor
    b: Tensor
    gradient: Tensor
    penalty: Tensor


def fit_head(
    z: Tensor,
    y: Tensor,
    penalty: float | CrossValidation,
    class_weight: ClassWeight | None = None,
    tolerance: float = 1e-8,
    max_steps: int = 100,
) -> Head:
    """Minimize Σ_i s_i [log(1 + exp(f_i)) − y_i f_i] + penalty/2 ‖v‖², f = V z + b, for each label.

    The problem is convex; ridge keeps v finite where a label is separable. All labels are solved at
    once, in float64, on the codes' device or, if that has no float64, on the CPU.

    A label with no positive or no negative example has no finite optimum for its intercept: it
    gets v = 0 and b = log((n₊ + ½) / (n₋ + ½)).

    Args:
        z: codes, (n, m).
        y: labels, (n, k), 0 or 1.
        penalty: > 0, the inverse of scikit-learn's C; or how to choose it for each label.
        class_weight: 'balanced' for s_i = n / (2 n_c), n_c being the number of examples of i's
            kind, as in scikit-learn; None for 1.
        tolerance: on the gradient divided by n.
        max_steps: Newton steps in float64 at most; `Head.gradient` tells what they reached.
    """
    codes, y = _exact(z, y)
    p, gradient = _intercepts(y, codes.shape[1]), y.new_zeros(len(y))
    mixed = _mixed(y)
    weight = balanced(y) if class_weight else None
    if isinstance(penalty, CrossValidation):
        penalties = penalty.choose(codes, y, weight)
    else:
        penalties = y.new_full((len(y),), penalty)
    if mixed.any():
        problem = Problem(codes, y, ridge_of(penalties, z.shape[1]), weight).columns(mixed)
        solution = solve(problem, p[mixed], tolerance, max_steps)
        p[mixed], gradient[mixed] = solution.p, solution.gradient
    return Head(p[:, :-1].contiguous(), p[:, -1].contiguous(), gradient, penalties)


def gradient_at(
    z: Tensor, y: Tensor, head: Head, class_weight: ClassWeight | None = None
) -> Tensor:
    """Return `Head.gradient`, (k,), computed anew at any v and b.

    Args:
        z: codes, (n, m).
        y: labels, (n, k), 0 or 1.
        head: with v, b and the penalties.
        class_weight: as for `fit_head`.
    """
    codes, y = _exact(z, y)
    weight = balanced(y) if class_weight else None
    problem = Problem(codes, y, ridge_of(head.penalty, z.shape[1]), weight)
    p = torch.cat([head.v, head.b[:, None]], 1)
    gradient = problem.gradient(p, problem.logits(p).sigmoid()).abs().amax(1) / len(codes)
    return torch.where(_mixed(y), gradient, 0.0)


def _exact(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return codes with a column of ones, (n, m + 1), and labels, (k, n), in float64."""
    device = exact_device(z.device)
    codes = with_ones(z.detach().to(device).double())
    return codes, y.T.to(device, torch.float64).contiguous()


def _mixed(y: Tensor) -> Tensor:
    """Tell which labels, (k, n), have both kinds of examples."""
    return (y != y[:, :1]).any(1)


def exact_device(device: torch.device) -> torch.device:
    """Return the device, or the CPU if it has no float64."""
    return torch.device("cpu") if device.type in _WITHOUT_FLOAT64 else device


def balanced(y: Tensor) -> Tensor:
    """Return n / (2 n_c) for each label and example, (k, n); a kind that is missing has none."""
    n, positives = y.shape[1], y.sum(1, keepdim=True)
    return torch.where(y > 0, n / (2 * positives), n / (2 * (n - positives)))


def _intercepts(y: Tensor, width: int) -> Tensor:
    """Return v = 0 and b = log((n₊ + ½) / (n₋ + ½)), (k, width)."""
    positives = y.sum(1)
    p = y.new_zeros(len(y), width)
    p[:, -1] = ((positives + 0.5) / (y.shape[1] - positives + 0.5)).log()
    return p
