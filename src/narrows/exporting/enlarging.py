"""Bicubic enlargement as a convolution, which a graph holds for pictures of any size."""

import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad, pixel_shuffle

from narrows.decoders.subpixel import Decoder
from narrows.imaging.resize import enlarge

# A new pixel is made of old ones that are so many rows and columns away.
_REACH = 2


class Enlarge(nn.Module):
    """The same sums as `narrows.imaging.resize.enlarge`, whose tables are of one size each.

    Every `factor`-th new pixel has the same weights, so r² kernels make squares of r x r pixels.

    Args:
        factor: r.
    """

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor, side = factor, 2 * _REACH + 1
        # What an old pixel gives to the new ones around it, turned into what a new one takes.
        points = torch.eye(side * side).view(-1, 1, side, side)
        middle = slice(_REACH * factor, (_REACH + 1) * factor)
        squares = enlarge(points, factor)[:, 0, middle, middle]
        self.register_buffer("kernels", squares.flatten(1).T.reshape(-1, 1, side, side))

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, C, H, W), to (batch, C, H r, W r)."""
        batch, channels, height, width = x.shape
        # Outside of the picture its outermost pixels go on.
        single = pad(x, [_REACH] * 4, "replicate").flatten(0, 1).unsqueeze(1)
        large = pixel_shuffle(conv2d(single, self.get_buffer("kernels")), self.factor)
        return large.reshape(batch, channels, height * self.factor, width * self.factor)


class _AddsEnlarged(nn.Module):
    """A subpixel decoder that adds to the enlarged input."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        # The same weights without the addition.
        self.difference = copy.copy(decoder)
        self.difference.adds = "nothing"
        self.base, self.enlarge = decoder.base, Enlarge(decoder.factor)

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, channels, h, w), to the output, (batch, C, h r, w r)."""
        return self.difference(z) + self.enlarge(z[:, -self.base :])


def exportable(decoder: nn.Module) -> nn.Module:
    """Return a decoder that computes the same for codes of any size in a graph."""
    if isinstance(decoder, Decoder) and decoder.adds == "enlarged":
        return _AddsEnlarged(decoder)
    return decoder
