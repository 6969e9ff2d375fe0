"""Masked patches (He et al. 2022): square parts of an image are hidden."""

from math import ceil

import torch
from pydantic import PositiveInt
from torch import Tensor

from narrows.errors import UserError
from narrows.fields import Fraction


class Patches:
    """Hide a share of the squares of a grid, drawn without replacement for each image.

    Hidden values are set to the mean of the image's visible ones, channel by channel. With inputs
    that are centred this is the 0 of Pathak et al. (2016); pixels are not, and a 0 would look like
    black ink or ground.

    Args:
        fraction: share of the squares that are hidden; 0.75 in the paper.
        size: of a square, in pixels; squares at the right and lower edges may be cut.
    """

    def __init__(self, fraction: Fraction = 0.75, size: PositiveInt = 4) -> None:
        self.fraction, self.size = fraction, size

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, C, H, W).

        Raises:
            UserError: if x holds no images.
        """
        if x.ndim != 4:
            raise UserError("corruption=patches takes images; use corruption=masking")
        hidden = self._hidden(x)
        seen = ~hidden
        mean = (x * seen).sum((2, 3), keepdim=True) / seen.sum((2, 3), keepdim=True).clamp(min=1)
        return torch.where(hidden, mean, x)

    def _hidden(self, x: Tensor) -> Tensor:
        """Draw which pixels are hidden, (batch, 1, H, W)."""
        height, width = x.shape[2:]
        rows, columns = ceil(height / self.size), ceil(width / self.size)
        draws = torch.rand(len(x), rows * columns, device=x.device)
        # Ranks in a random order: the lowest ones are a sample without replacement.
        ranks = draws.argsort(1).argsort(1)
        grid = (ranks < round(self.fraction * rows * columns)).view(-1, 1, rows, columns)
        pixels = grid.repeat_interleave(self.size, 2).repeat_interleave(self.size, 3)
        return pixels[..., :height, :width]
