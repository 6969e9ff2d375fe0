"""Crops of an image in other colours: the views of SimCLR (Chen et al. 2020, appendix A)."""

import torch
from pydantic import NonNegativeFloat
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from narrows.errors import UserError
from narrows.fields import Fraction


class Crop:
    """A random part of each image at full size, perhaps mirrored, in other colours.

    Args:
        cut: largest share of the area that is cut away; what is kept is uniform from 1 − cut to 1.
        stretch: the part's ratio of width to height is log-uniform up to 1 + stretch, either way.
        flip: probability that left and right change places; 0 where that changes what is seen.
        brightness: values are multiplied by a factor from 1 − brightness to 1 + brightness.
        contrast: as well the distance of values from the image's mean,
        saturation: and that of colours from grey.
        grey: probability that all colour is taken away.
    """

    def __init__(
        self,
        cut: Fraction = 0.7,
        stretch: NonNegativeFloat = 0.33,
        flip: Fraction = 0.5,
        brightness: Fraction = 0.4,
        contrast: Fraction = 0.4,
        saturation: Fraction = 0.4,
        grey: Fraction = 0.2,
    ) -> None:
        self.cut, self.stretch, self.flip = cut, stretch, flip
        self.brightness, self.contrast = brightness, contrast
        self.saturation, self.grey = saturation, grey

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, C, H, W), values in [0, 1].

        Raises:
            UserError: if x holds no images.
        """
        if x.ndim != 4:
            raise UserError("corruption=crop takes images; use corruption=swap")
        return self._recoloured(self._cropped(x)).clamp(0, 1)

    def _cropped(self, x: Tensor) -> Tensor:
        if not (self.cut or self.stretch or self.flip):
            # Resampling would round.
            return x
        maps = self._maps(len(x), x.device)
        grid = affine_grid(maps, list(x.shape), align_corners=False)
        return grid_sample(x, grid, padding_mode="border", align_corners=False)

    def _maps(self, n: int, device: torch.device) -> Tensor:
        """Draw maps (n, 2, 3) from places in the new image to places in the old one."""
        area, ratio, right, down, mirror = torch.rand(5, n, device=device)
        side = (1 - self.cut * area).sqrt()
        half = (1 + self.stretch) ** (ratio - 0.5)
        width, height = (side * half).clamp(max=1), (side / half).clamp(max=1)
        sign = 1 - 2 * (mirror < self.flip).float()
        zero = torch.zeros_like(width)
        # Coordinates go from −1 to 1, so that 1 − width is how far the part can move.
        columns = torch.stack([width * sign, zero, (1 - width) * (2 * right - 1)], 1)
        rows = torch.stack([zero, height, (1 - height) * (2 * down - 1)], 1)
        return torch.stack([columns, rows], 1)

    def _recoloured(self, x: Tensor) -> Tensor:
        u = torch.rand(4, len(x), 1, 1, 1, device=x.device)
        x = x * _factor(u[0], self.brightness)
        x = _blend(x, x.mean((1, 2, 3), keepdim=True), _factor(u[1], self.contrast))
        if x.shape[1] == 1:
            return x
        keep = torch.where(u[3] < self.grey, 0.0, _factor(u[2], self.saturation))
        return _blend(x, x.mean(1, keepdim=True), keep)


def _factor(u: Tensor, strength: float) -> Tensor:
    """Turn u from 0 to 1 into a factor from 1 − strength to 1 + strength."""
    return 1 + strength * (2 * u - 1)


def _blend(x: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    """Return x for a factor of 1, `other` for 0."""
    return factor * x + (1 - factor) * other
