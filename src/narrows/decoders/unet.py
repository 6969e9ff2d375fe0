"""The way up of a U-Net, from a code that has all levels in it (Ronneberger et al. 2015)."""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

from narrows.encoders.unet import convolutions, folded
from narrows.errors import UserError
from narrows.fields import Activation, Start, Widths
from narrows.spec import Shape
from narrows.starts import draw


class Decoder(nn.Module):
    """From the smallest level on: enlarge, join what the encoder had at that size, convolve twice.

    Args:
        in_shape: of one code of encoder=unet.
        out_shape: of one output, (C, H, W).
        widths: channels of each level, from full size on; those of the encoder.
        activation: h, after each convolution but the last.
        start: how the first weights are drawn.
        constant: what every output is at first, the last weights being 0; None to draw these too.

    Attributes:
        reach: how far a pixel of the output sees, in values of the code.

    Raises:
        UserError: if the code is not such a one, or the output no image of that size.
    """

    def __init__(
        self,
        in_shape: Shape,
        out_shape: Shape,
        widths: Widths,
        activation: Activation = "gelu",
        start: Start = "scaled",
        constant: float | None = None,
    ) -> None:
        super().__init__()
        self.parts = folded(widths)
        if len(in_shape) != 3 or in_shape[0] != sum(self.parts):
            raise UserError(
                f"decoder=unet with decoder.widths={widths} does not fit codes {in_shape}; use "
                "encoder=unet with the same encoder.widths"
            )
        fold = 2 ** (len(widths) - 1)
        size = (in_shape[1] * fold, in_shape[2] * fold)
        if len(out_shape) != 3 or tuple(out_shape[1:]) != size:
            raise UserError(
                f"decoder=unet gives images of {size[0]} x {size[1]} pixels, but the task's output "
                f"has shape {out_shape}; use another decoder, or task.enlarged=true"
            )
        # 1 + 2 + 4 + … pixels, which is a bit less than two values of the smallest level.
        self.reach = min(len(widths), 2)
        pairs = list(pairwise(widths))[::-1]
        self.levels = nn.ModuleList(
            convolutions(small + large, large, activation) for large, small in pairs
        )
        self.last = nn.Conv2d(widths[0], out_shape[0], 3, padding=1)
        draw(self, start)
        if constant is not None:
            nn.init.zeros_(self.last.weight)
            nn.init.constant_(cast("Tensor", self.last.bias), constant)

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, *in_shape), to the output, (batch, *out_shape)."""
        *larger, x = z.split(self.parts, 1)
        for number, (level, part) in enumerate(zip(self.levels, larger[::-1], strict=True), 1):
            skip = pixel_shuffle(part, 2**number)
            x = level(torch.cat([interpolate(x, scale_factor=2.0, mode="nearest"), skip], 1))
        return self.last(x)
