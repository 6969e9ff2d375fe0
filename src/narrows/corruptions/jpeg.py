"""What JPEG loses (ITU-T T.81, with the tables of its annex K), for a whole batch at once.

All that is lost is rounding: colours are rounded as Y'CbCr, perhaps at half resolution, then the
cosine transforms of squares of 8 x 8 pixels to multiples of the table's entries. The lossless
coding after that is left out: so there is no file, no loop over images, and no copy to the
processor.
"""

import math
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

from narrows.errors import UserError
from narrows.levels import bounds, draw

Quality = Annotated[int, Ge(1), Le(100)]

_SIDE = 8
_BRIGHTNESS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_COLOUR = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
# Y', Cb and Cr of R', G' and B' (JFIF 1.02).
_FROM_RGB = (
    (0.299, 0.587, 0.114),
    (-0.299 / 1.772, -0.587 / 1.772, 0.5),
    (0.5, -0.587 / 1.402, -0.114 / 1.402),
)
_TO_RGB = (
    (1.0, 0.0, 1.402),
    (1.0, -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587),
    (1.0, 1.772, 0.0),
)


class Jpeg:
    """Each image as it comes back from a JPEG file.

    Args:
        quality: from 1 to 100, as libjpeg and Pillow count; of two values each image has its own,
            uniform between them.
        half: colours have half of the resolution, as in most files.
    """

    def __init__(self, quality: Quality | tuple[Quality, Quality], half: bool = True) -> None:
        self.quality, self.half = bounds(quality, "corruption.quality"), half

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, C, H, W), values in [0, 1], C being 1 or 3.

        Raises:
            UserError: if x holds no images, or such with other channels.
        """
        if x.ndim != 4 or x.shape[1] not in (1, 3):
            raise UserError(
                "corruption=jpeg takes images, grey or in colour; use corruption=gaussian"
            )
        quality = torch.as_tensor(draw(*self.quality, x), device=x.device).round()
        height, width = x.shape[2:]
        levels = x.clamp(0, 1).mul(255).round()
        if x.shape[1] == 1:
            return _coded(levels - 128, quality, _BRIGHTNESS).add(128).round().clamp(0, 255) / 255
        planes = _mixed(levels, _FROM_RGB).round()
        planes = torch.cat(
            [
                _coded(planes[:, :1] - 128, quality, _BRIGHTNESS) + 128,
                self._colours(planes[:, 1:], quality)[..., :height, :width],
            ],
            1,
        )
        return _mixed(planes.round(), _TO_RGB).round().clamp(0, 255) / 255

    def _colours(self, planes: Tensor, quality: Tensor) -> Tensor:
        if not self.half:
            return _coded(planes, quality, _COLOUR)
        height, width = planes.shape[2:]
        even = pad(planes, (0, width % 2, 0, height % 2), "replicate")
        small = _coded(avg_pool2d(even, 2).round(), quality, _COLOUR)
        return interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)


def _coded(planes: Tensor, quality: Tensor, table: tuple[tuple[int, ...], ...]) -> Tensor:
    """Return planes, (batch, c, H, W) from −128 to 127, with rounded cosine transforms."""
    height, width = planes.shape[2:]
    whole = pad(planes, (0, -width % _SIDE, 0, -height % _SIDE), "replicate")
    squares = whole.unflatten(3, (-1, _SIDE)).unflatten(2, (-1, _SIDE))
    cosine = _cosines(planes)
    step = _steps(quality, table, planes)
    waves = torch.einsum("ui,bcyixj,vj->bcyxuv", cosine, squares, cosine)
    waves = (waves / step).round() * step
    squares = torch.einsum("ui,bcyxuv,vj->bcyixj", cosine, waves, cosine)
    return squares.flatten(4, 5).flatten(2, 3)[..., :height, :width]


def _cosines(like: Tensor) -> Tensor:
    """Return the orthonormal cosine transform of 8 values, (8, 8)."""
    n = torch.arange(_SIDE, device=like.device, dtype=like.dtype)
    waves = torch.cos(math.pi / _SIDE * n[:, None] * (n + 0.5)) * (2 / _SIDE) ** 0.5
    return torch.cat([waves[:1] / 2**0.5, waves[1:]])


def _steps(quality: Tensor, table: tuple[tuple[int, ...], ...], like: Tensor) -> Tensor:
    """Return what values are rounded to multiples of, (batch or 1, 1, 1, 1, 8, 8), as libjpeg."""
    percent = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality)
    entries = torch.tensor(table, device=like.device, dtype=like.dtype)
    step = (entries * percent.reshape(-1, 1, 1, 1, 1, 1) + 50) / 100
    return step.floor().clamp(1, 255)


def _mixed(channels: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    """Return sums of channels, (batch, 3, H, W); the second and third are Cb and Cr around 0."""
    weights = torch.tensor(matrix, device=channels.device, dtype=channels.dtype)
    return torch.einsum("ij,bjhw->bihw", weights, channels)
