"""The way down of a U-Net, whose code has all levels in it (Ronneberger et al. 2015)."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_unshuffle

from narrows.activations import activation as make
from narrows.errors import UserError
from narrows.fields import Activation, Start, Widths
from narrows.spec import Shape, Spec
from narrows.starts import draw


class Encoder(nn.Module):
    """Two 3 x 3 convolutions a level, each level at half of the size of the one before.

    There is one code and no way around it: what a U-Net hands over from each level stands there at
    the size of the smallest level, squares of pixels being folded into channels. decoder=unet
    unfolds it. Weights do not depend on the size of the pictures; outside of them there are zeros.

    Args:
        spec: of the examples, which must be images.
        widths: channels of each level, from full size on.
        activation: h, after each convolution.
        start: how the first weights are drawn.

    Attributes:
        multiple: what height and width must be multiples of.
        reach: how far a value of the code sees, in pixels of the input.

    Raises:
        UserError: if the examples are not images, or of no such size.
    """

    def __init__(
        self,
        spec: Spec,
        widths: Widths,
        activation: Activation = "gelu",
        start: Start = "scaled",
    ) -> None:
        super().__init__()
        if spec.kind != "image":
            raise UserError(f"encoder=unet takes images, not a {spec.kind}; use encoder=mlp")
        if not widths:
            raise UserError("encoder.widths=[] has no level; write [16, 32]")
        channels, height, wide = spec.shape
        self.multiple = 2 ** (len(widths) - 1)
        if height % self.multiple or wide % self.multiple:
            raise UserError(
                f"encoder=unet with {len(widths)} levels takes sizes that {self.multiple} divides, "
                f"not {height} x {wide}; use fewer encoder.widths or another dataset.size"
            )
        # Two pixels for the convolutions of each level, and the square that a value stands for.
        self.reach = 2 * (2 * self.multiple - 1) + self.multiple - 1
        pairs = pairwise([channels, *widths])
        self.levels = nn.ModuleList(convolutions(a, b, activation) for a, b in pairs)
        draw(self, start)
        small = (height // self.multiple, wide // self.multiple)
        self.out_shape: Shape = (sum(folded(widths)), *small)

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, C, H, W), to z, (batch, channels, H/multiple, W/multiple)."""
        x = x.contiguous(memory_format=torch.channels_last)
        parts, fold = [], self.multiple
        for number, level in enumerate(self.levels):
            x = level(nn.functional.avg_pool2d(x, 2) if number else x)
            parts.append(pixel_unshuffle(x, fold))
            fold //= 2
        return torch.cat(parts, 1)


def convolutions(before: int, after: int, activation: Activation) -> nn.Sequential:
    """Return two 3 x 3 convolutions, each with h after it."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1),
        make(activation),
        nn.Conv2d(after, after, 3, padding=1),
        make(activation),
    )


def folded(widths: Widths) -> list[int]:
    """Return how many channels of the code each level takes, from full size on."""
    last = len(widths) - 1
    return [width * 4 ** (last - level) for level, width in enumerate(widths)]
