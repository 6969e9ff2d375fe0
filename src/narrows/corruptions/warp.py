"""Images on elastic ground: each is turned, sheared, moved and bent at random."""

import torch
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from narrows.errors import UserError


class Warp:
    """A random affine map near the identity, and a smooth field of displacements on top of it.

    The field is random at a coarse grid of knots and interpolated by cubics between them, much as
    the elastic distortions of Simard, Steinkraus and Platt (2003) are smoothed noise. Pixels are
    interpolated by straight lines; what comes from outside is 0.

    Args:
        linear: standard deviation of what is added to each entry of the 2 x 2 matrix.
        shift: standard deviation of the move along each axis, in pixels.
        bend: of the displacement of each knot along each axis, in pixels.
        knots: along each side.
    """

    def __init__(
        self,
        linear: NonNegativeFloat = 0.15,
        shift: NonNegativeFloat = 1.5,
        bend: NonNegativeFloat = 1.2,
        knots: PositiveInt = 5,
    ) -> None:
        self.linear, self.shift, self.bend, self.knots = linear, shift, bend, knots

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, C, H, W).

        Raises:
            UserError: if x holds no images.
        """
        if x.ndim != 4:
            raise UserError("corruption=warp takes images; use corruption=swap")
        grid = affine_grid(self._maps(x), list(x.shape), align_corners=False)
        return grid_sample(x, grid + self._field(x), align_corners=False)

    def _maps(self, x: Tensor) -> Tensor:
        """Draw maps (n, 2, 3) from places in the new image to places in the old one."""
        n, device = len(x), x.device
        matrix = torch.eye(2, device=device) + self.linear * torch.randn(n, 2, 2, device=device)
        shift = self.shift * torch.randn(n, 2, device=device) * _pixel(x)
        return torch.cat([matrix, shift[..., None]], 2)

    def _field(self, x: Tensor) -> Tensor:
        """Draw displacements, (n, H, W, 2), in coordinates from −1 to 1."""
        down, across = (_between(self.knots, size).to(x.device) for size in x.shape[2:])
        knots = torch.randn(len(x), 2, self.knots, self.knots, device=x.device)
        return (down @ knots @ across.T).permute(0, 2, 3, 1) * self.bend * _pixel(x)


def _pixel(x: Tensor) -> Tensor:
    """Return the width and the height of a pixel where coordinates go from −1 to 1."""
    height, width = x.shape[2:]
    return torch.tensor([2 / width, 2 / height], device=x.device)


def _between(knots: int, size: int) -> Tensor:
    """Return the matrix, (size, knots), that interpolates values at knots by cubics."""
    unit = torch.eye(knots)[None, None]
    return interpolate(unit, (size, knots), mode="bicubic", align_corners=True)[0, 0]
