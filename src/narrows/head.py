"""The exact head: k ridge logistic regressions on one set of codes, all solved at once."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus


@dataclass(frozen=True)
class Head:
    """Solution of `fit_head`.

    Attributes:
        v: weights, (k, m).
        b: intercepts, (k,).
        gradient: largest absolute value of the gradient at the solution, over all weights and
            labels, divided by the number of examples.
    """

    v: Tensor
    b: Tensor
    gradient: float


def objective(parameters: Tensor, codes: Tensor, y: Tensor, penalty: float) -> Tensor:
    """Return for each label Σ_i [log(1 + exp(f_i)) − y_i f_i] + penalty/2 ‖v‖², f = V z + b.

    Args:
        parameters: (k, m + 1), the last column being b, which is not penalized.
        codes: (n, m + 1), the last column being ones.
        y: (n, k).
        penalty: ridge penalty, the inverse of scikit-learn's C.
    """
    f = codes @ parameters.T
    return (softplus(f) - y * f).sum(0) + penalty / 2 * parameters[:, :-1].square().sum(1)


def fit_head(
    z: Tensor, y: Tensor, penalty: float, tolerance: float = 1e-8, max_steps: int = 100
) -> Head:
    """Minimize the logistic loss over labels with fixed codes: a convex problem for each label.

    Newton's method; each step's linear system is solved for all labels at once by conjugate
    gradients (Nocedal and Wright 2006, algorithms 7.1 and 3.1), so that the work is in
    matrix-matrix products. float64 throughout.

    A label with no positive or no negative example has no finite optimum for its intercept: it
    gets v = 0 and b = log((n₊ + ½) / (n₋ + ½)).

    Args:
        z: codes, (n, m).
        y: labels, (n, k), 0 or 1.
        penalty: on ‖v‖² / 2, > 0.
        tolerance: on the gradient divided by n.
        max_steps: Newton steps at most.
    """
    y = y.to(z.device, torch.float64)
    codes = torch.cat([z.double(), z.new_ones(len(z), 1, dtype=torch.float64)], 1)
    positives = y.sum(0)
    mixed = (positives > 0) & (positives < len(y))
    parameters = codes.new_zeros(y.shape[1], codes.shape[1])
    parameters[:, -1] = ((positives + 0.5) / (len(y) - positives + 0.5)).log()
    gradient = 0.0
    if mixed.any():
        parameters[mixed], gradient = _newton(
            parameters[mixed], codes, y[:, mixed], penalty, tolerance, max_steps
        )
    return Head(parameters[:, :-1].contiguous(), parameters[:, -1].contiguous(), gradient)


def _newton(
    p: Tensor, codes: Tensor, y: Tensor, penalty: float, tolerance: float, max_steps: int
) -> tuple[Tensor, float]:
    ridge = torch.full_like(p, penalty)
    ridge[:, -1] = 0
    value = objective(p, codes, y, penalty)
    for _ in range(max_steps):
        mean = (codes @ p.T).sigmoid()
        gradient = _gradient(p, mean, codes, y, ridge)
        if float(gradient.abs().max()) / len(codes) <= tolerance:
            break
        step = _conjugate_gradients(gradient, mean * (1 - mean), codes, ridge)
        p, value, moved = _line_search(p, step, gradient, value, codes, y, penalty)
        if not moved:
            break
    gradient = _gradient(p, (codes @ p.T).sigmoid(), codes, y, ridge)
    return p, float(gradient.abs().max()) / len(codes)


def _gradient(p: Tensor, mean: Tensor, codes: Tensor, y: Tensor, ridge: Tensor) -> Tensor:
    return (mean - y).T @ codes + ridge * p


def _conjugate_gradients(gradient: Tensor, weight: Tensor, codes: Tensor, ridge: Tensor) -> Tensor:
    """Solve H s = −gradient for all labels, H = codesᵀ diag(weight) codes + ridge."""

    def hessian(s: Tensor) -> Tensor:
        return (weight * (codes @ s.T)).T @ codes + ridge * s

    scale = weight.T @ codes.square() + ridge + 1e-12
    s, r = torch.zeros_like(gradient), -gradient
    u = r / scale
    d, rho = u.clone(), (r * u).sum(1)
    # The residual falls with the gradient, which makes Newton's method converge quadratically.
    norm = gradient.norm(dim=1)
    goal = norm * norm.sqrt().div(len(codes) ** 0.5).clamp(1e-6, 0.1)
    for _ in range(10 * gradient.shape[1]):
        active = r.norm(dim=1) > goal
        if not active.any():
            break
        h = hessian(d)
        alpha = torch.where(active, rho / (d * h).sum(1).clamp_min(1e-300), 0.0)[:, None]
        s, r = s + alpha * d, r - alpha * h
        u = r / scale
        rho_new = (r * u).sum(1)
        d = u + (rho_new / rho.clamp_min(1e-300))[:, None] * d
        rho = rho_new
    return s


def _line_search(
    p: Tensor,
    step: Tensor,
    gradient: Tensor,
    value: Tensor,
    codes: Tensor,
    y: Tensor,
    penalty: float,
) -> tuple[Tensor, Tensor, bool]:
    """Halve each label's step until it lowers that label's objective (Armijo's rule)."""
    slope = (gradient * step).sum(1)
    # Near the optimum the objective no longer resolves the step: its rounding is allowed for.
    rounding = 1e-13 * value.abs()
    length = torch.ones_like(value)
    trial, good = p, torch.zeros_like(value, dtype=torch.bool)
    for _ in range(40):
        trial = p + length[:, None] * step
        trial_value = objective(trial, codes, y, penalty)
        good = trial_value <= value + 1e-4 * length * slope + rounding
        if good.all():
            return trial, trial_value, True
        length = torch.where(good, length, length / 2)
    trial = torch.where(good[:, None], trial, p)
    return trial, objective(trial, codes, y, penalty), bool(good.any())
