"""Calibration: probabilities that mean what they say (Platt 1999), p' = σ(a logit(p) + b)."""

import torch
from torch import Tensor
from torch.nn.functional import softplus
from torchmetrics.functional.classification import binary_calibration_error

# Nearer to 0 or 1 float32 has too few values.
_EDGE = 1e-6
_PENALTY = 1.0
_MAX_STEPS = 50
_TOLERANCE = 1e-7


def calibration_error(prediction: Tensor, target: Tensor, bins: int = 15) -> float:
    """Return the expected calibration error over all pairs of an example and a label.

    That is Σ over bins of equal width of |mean p − share of positives|, weighted by how many pairs
    the bin has (Naeini et al. 2015). With rare labels most pairs are in the lowest bin.
    """
    pairs = prediction.flatten().double().clamp(0, 1), target.flatten()
    return float(binary_calibration_error(*pairs, n_bins=bins, validate_args=False))


def calibrate(prediction: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return σ(a logit(p) + b) of predictions, (n, k), with one a and b or (k,) of each."""
    return (a * _logit(prediction) + b).sigmoid()


def _logit(prediction: Tensor) -> Tensor:
    return prediction.double().clamp(0, 1).logit(eps=_EDGE)


def fit(prediction: Tensor, target: Tensor, near: Tensor) -> Tensor:
    """Return a and b of each row of predictions, (rows, m): logistic regression on the logit.

    The penalty ‖(a, b) − near‖² / 2 keeps them finite where rows are separable, and near to `near`
    where there is little to learn from. Newton's method for all rows at once.

    Args:
        prediction: probabilities.
        target: 0 or 1.
        near: (2,), what (a, b) is drawn to; (1, 0) leaves predictions as they are.

    Returns:
        (rows, 2), float64.
    """
    x, y = _logit(prediction), target.double()
    near = near.double()
    found = near.repeat(len(x), 1)
    value = _objective(found, x, y, near)
    for _ in range(_MAX_STEPS):
        gradient, hessian = _derivatives(found, x, y, near)
        if float(gradient.abs().max()) <= _TOLERANCE * x.shape[1]:
            break
        step = torch.linalg.solve(hessian, gradient)
        found, value, moved = _search(found, step, value, x, y, near)
        if not moved:
            break
    return found


def _objective(found: Tensor, x: Tensor, y: Tensor, near: Tensor) -> Tensor:
    f = found[:, :1] * x + found[:, 1:]
    return (softplus(f) - y * f).sum(1) + _PENALTY / 2 * (found - near).square().sum(1)


def _derivatives(found: Tensor, x: Tensor, y: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
    """Return gradient, (rows, 2), and Hessian, (rows, 2, 2)."""
    mean = (found[:, :1] * x + found[:, 1:]).sigmoid()
    error, weight = mean - y, mean * (1 - mean)
    gradient = torch.stack([(error * x).sum(1), error.sum(1)], 1) + _PENALTY * (found - near)
    weighted = weight * x
    mixed = weighted.sum(1)
    square, plain = (weighted * x).sum(1) + _PENALTY, weight.sum(1) + _PENALTY
    hessian = torch.stack([torch.stack([square, mixed], 1), torch.stack([mixed, plain], 1)], 1)
    return gradient, hessian


def _search(
    found: Tensor, step: Tensor, value: Tensor, x: Tensor, y: Tensor, near: Tensor
) -> tuple[Tensor, Tensor, bool]:
    """Halve each row's step until it does not raise that row's objective."""
    worse, trial_value = torch.ones(len(found), dtype=torch.bool), value
    for _ in range(30):
        trial = found - step
        trial_value = _objective(trial, x, y, near)
        worse = trial_value > value
        if not worse.any():
            return trial, trial_value, True
        # At last a row stays where it is: rounding hides what is left to gain.
        step = torch.where(worse[:, None], step / 2, step)
    step = torch.where(worse[:, None], 0.0, step)
    return found - step, torch.minimum(value, trial_value), bool((step != 0).any())
