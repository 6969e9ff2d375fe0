"""Convolutions that keep a picture's size, without a bottleneck (Lim et al. 2017, EDSR)."""

import torch
from pydantic import NonNegativeInt, PositiveInt
from torch import Tensor, nn
from torch.nn.functional import pixel_unshuffle

from narrows.activations import activation as make
from narrows.errors import UserError
from narrows.fields import Activation, Start
from narrows.spec import Shape, Spec
from narrows.starts import draw


class Encoder(nn.Module):
    """A 3 x 3 convolution, then residual blocks of two, without normalisation.

    Weights do not depend on the size of the pictures: any height and width that `multiple` divides
    will do, also others than those of `spec`. A value of the code depends on input pixels that are
    `reach` rows and columns away, and on none farther off; outside of the picture there are zeros.

    Args:
        spec: of the examples, which must be images.
        width: channels of each convolution.
        depth: number of residual blocks.
        shrink: each square of so many pixels becomes one with more channels (Shi et al. 2016), so
            that a network of as many weights sees farther and takes 1/shrink² of the time.
        carry: have the input itself as the code's last channels, for a decoder that adds to it.
        activation: h, within each block.
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
        width: PositiveInt,
        depth: NonNegativeInt,
        shrink: PositiveInt = 1,
        carry: bool = True,
        activation: Activation = "relu",
        start: Start = "torch",
    ) -> None:
        super().__init__()
        if spec.kind != "image":
            raise UserError(f"encoder=residual takes images, not a {spec.kind}; use encoder=mlp")
        channels, height, wide = spec.shape
        if height % shrink or wide % shrink:
            raise UserError(
                f"encoder.shrink={shrink} does not divide images of {height} x {wide} pixels; "
                "use encoder.shrink=1 or another dataset.size"
            )
        self.multiple, self.reach = shrink, shrink * (2 * depth + 2) - 1
        self.carry = carry
        squared = channels * shrink**2
        self.first = nn.Conv2d(squared, width, 3, padding=1)
        self.blocks = nn.ModuleList(_Block(width, activation) for _ in range(depth))
        draw(self, start)
        self.out_shape: Shape = (width + carry * squared, height // shrink, wide // shrink)

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, C, H, W), to z, (batch, width [+ C shrink²], H/shrink, W/shrink)."""
        # With channels last a step of training takes half of the time on processors.
        squares = pixel_unshuffle(x, self.multiple).contiguous(memory_format=torch.channels_last)
        z = self.first(squares)
        for block in self.blocks:
            z = block(z)
        return torch.cat([z, squares], 1) if self.carry else z


class _Block(nn.Module):
    """z + W₂ h(W₁ z)."""

    def __init__(self, width: int, activation: Activation) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            make(activation),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, z: Tensor) -> Tensor:
        """Return a new z of the same shape."""
        return z + self.layers(z)
