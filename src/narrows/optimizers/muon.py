"""Muon for matrices, Adam for all else (Jordan et al. 2024; Liu et al. 2025)."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor
from torch.optim import Optimizer

from narrows.fields import Fraction

# The quintic that drives singular values from below 1 to about 1 the fastest (Jordan et al. 2024).
_LINEAR, _CUBIC, _QUINTIC = 3.4445, -4.7750, 2.0315
# Steps of Adam's usual size for an orthogonal update of a matrix (Liu et al. 2025).
_SIZE = 0.2


class Muon(Optimizer):
    """Each matrix moves by its momentum with all singular values set to about 1.

    A step costs as much whatever the batch size, so it pays with large batches. Weights of
    convolutions count as matrices with a row for each index of their first axis. What has one axis,
    as biases have, is moved by Adam.

    Args:
        params: all trained weights.
        lr: of matrices; in units of Adam's.
        momentum: of matrices, Nesterov's.
        iterations: that make the update orthogonal.
        weight_decay: of matrices, times their rate.
        vector_lr: Adam's rate for what is no matrix.
        betas: Adam's.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: PositiveFloat = 0.02,
        momentum: Fraction = 0.95,
        iterations: PositiveInt = 5,
        weight_decay: NonNegativeFloat = 0.0,
        vector_lr: PositiveFloat = 0.002,
        betas: tuple[Fraction, Fraction] = (0.9, 0.999),
    ) -> None:
        held = list(params)
        self.momentum, self.iterations, self.betas = momentum, iterations, betas
        self.weight_decay = weight_decay
        groups: list[dict[str, Any]] = [
            {"params": [p for p in held if p.ndim > 1], "lr": lr},
            {"params": [p for p in held if p.ndim < 2], "lr": vector_lr},
        ]
        super().__init__(groups, {})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Move all weights that have a gradient."""
        value = None
        if closure is not None:
            with torch.enable_grad():
                value = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    move = self._move_matrix if weight.ndim > 1 else self._move_vector
                    move(weight, weight.grad, group["lr"])
        return value

    def _move_matrix(self, weight: Tensor, gradient: Tensor, rate: float) -> None:
        state = self.state[weight]
        if not state:
            state["mean"] = torch.zeros_like(weight)
        mean = state["mean"].lerp_(gradient, 1 - self.momentum)
        direction = gradient.lerp(mean, self.momentum).flatten(1)
        update = orthogonal(direction, self.iterations).to(weight.dtype).view_as(weight)
        weight.mul_(1 - rate * self.weight_decay)
        weight.sub_(update, alpha=rate * _SIZE * max(direction.shape) ** 0.5)

    def _move_vector(self, weight: Tensor, gradient: Tensor, rate: float) -> None:
        state = self.state[weight]
        if not state:
            state["steps"] = torch.zeros(())
            state["mean"], state["square"] = torch.zeros_like(weight), torch.zeros_like(weight)
        state["steps"] += 1
        steps = int(state["steps"])
        first, second = self.betas
        mean = state["mean"].lerp_(gradient, 1 - first) / (1 - first**steps)
        square = state["square"].lerp_(gradient.square(), 1 - second) / (1 - second**steps)
        weight.sub_(mean / (square.sqrt() + 1e-8), alpha=rate)


def orthogonal(matrix: Tensor, iterations: int) -> Tensor:
    """Return about U Vᵀ for a matrix U S Vᵀ, by Newton and Schulz's iteration in half precision.

    Its singular values end between about 0.7 and 1.2, which serves as well as 1.
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.T).bfloat16()
    # The norm bounds the largest singular value.
    x = x / x.norm().clamp(min=1e-20)
    for _ in range(iterations):
        gram = x @ x.T
        gram = torch.addmm(gram, gram, gram, beta=_CUBIC, alpha=_QUINTIC)
        x = torch.addmm(x, gram, x, beta=_LINEAR)
    return x if wide else x.T
