"""Strengths of a corruption: one for all examples, or each example's own."""

import torch
from torch import Tensor

from narrows.errors import UserError
from narrows.fields import Level


def bounds(level: Level, option: str) -> tuple[float, float]:
    """Return the lowest and the highest strength.

    Args:
        level: a number, or a pair of them.
        option: its name, for the message.

    Raises:
        UserError: if the first one is the larger.
    """
    low, high = (level, level) if isinstance(level, int | float) else level
    if low > high:
        raise UserError(f"{option}=[{low:g}, {high:g}] goes down; write the lower one first")
    return float(low), float(high)


def draw(low: float, high: float, x: Tensor) -> Tensor | float:
    """Return a strength for each example of x, (batch, ...), as (batch, 1, ...); or for all."""
    if low == high:
        return low
    shape = (len(x), *[1] * (x.ndim - 1))
    return low + (high - low) * torch.rand(shape, device=x.device)
