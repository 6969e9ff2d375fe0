"""Gaussian blur, as of a lens out of focus."""

from math import ceil

import torch
from torch import Tensor

from narrows.errors import UserError
from narrows.fields import Level
from narrows.levels import bounds, draw

# Standard deviations after which the kernel is cut.
_REACH = 4


class Blur:
    """Each pixel becomes a mean of those around it, with weights exp(−r² / 2σ²).

    Outside of the image its outermost pixels go on.

    Args:
        sigma: standard deviation of the weights, in pixels; of two values each example has its own
            σ, uniform between them.
    """

    def __init__(self, sigma: Level) -> None:
        self.sigma = bounds(sigma, "corruption.sigma")

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, C, H, W).

        Raises:
            UserError: if x holds no images.
        """
        if x.ndim != 4:
            raise UserError("corruption=blur takes images; use corruption=gaussian")
        # A σ of 0 is the limit of small ones: all weight is on the pixel itself.
        sigma = torch.as_tensor(draw(*self.sigma, x), device=x.device).clamp(min=1e-3)
        radius = ceil(_REACH * self.sigma[1])
        offsets = range(-radius, radius + 1)
        weights = torch.stack([torch.exp(-0.5 * (o / sigma) ** 2) for o in offsets])
        weights = weights / weights.sum(0)
        for axis in (2, 3):
            x = _along(x, axis, weights, radius)
        return x


def _along(x: Tensor, axis: int, weights: Tensor, radius: int) -> Tensor:
    """Blur along one axis.

    Args:
        x: (batch, C, H, W).
        axis: to blur along.
        weights: of the pixels from −radius to radius, (2 radius + 1, batch or 1, 1, 1, 1), or
            (2 radius + 1,).
        radius: of the kernel.
    """
    places = torch.arange(x.shape[axis], device=x.device)
    total = torch.zeros_like(x)
    for offset, weight in zip(range(-radius, radius + 1), weights, strict=True):
        rows = (places + offset).clamp(0, x.shape[axis] - 1)
        total = total.addcmul_(x.index_select(axis, rows), weight.to(x.dtype))
    return total
