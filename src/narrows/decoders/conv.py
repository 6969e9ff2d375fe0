"""Convolutional decoder: linear maps to a small image, each layer then doubles it."""

from itertools import pairwise
from math import ceil, prod
from typing import Annotated

from annotated_types import MinLen
from torch import Tensor, nn

from narrows.activations import activation as make
from narrows.errors import UserError
from narrows.fields import Activation, Start, Widths
from narrows.spec import Shape
from narrows.starts import draw


class Decoder(nn.Module):
    """Fully connected layers, then transposed 4 x 4 convolutions of stride 2, cut to the size.

    Args:
        in_shape: of one code.
        out_shape: of one output, which must be an image (C, H, W).
        channels: before each transposed convolution, from the code on.
        activation: h, after each layer but the last.
        hidden: widths of layers between the code and the small image.
        start: how the first weights are drawn; a deep network wants `scaled`.

    Raises:
        UserError: if the output is not an image.
    """

    def __init__(
        self,
        in_shape: Shape,
        out_shape: Shape,
        channels: Annotated[Widths, MinLen(1)],
        activation: Activation = "gelu",
        hidden: Widths | None = None,
        start: Start = "torch",
    ) -> None:
        super().__init__()
        if len(out_shape) != 3:
            raise UserError(
                f"decoder=conv gives images (C, H, W), but the task's output has shape "
                f"{out_shape}; use decoder=mlp or decoder=linear"
            )
        depth, self.height, self.width = out_shape
        scale = 2 ** len(channels)
        small = (channels[0], ceil(self.height / scale), ceil(self.width / scale))
        layers: list[nn.Module] = [nn.Flatten()]
        widths = [prod(in_shape), *(hidden or [])]
        for narrow, wide in pairwise(widths):
            layers += [nn.Linear(narrow, wide), make(activation)]
        layers += [nn.Linear(widths[-1], prod(small)), nn.Unflatten(1, small)]
        for before, after in pairwise([*channels, depth]):
            layers += [make(activation), nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)]
        self.layers = nn.Sequential(*layers)
        draw(self.layers, start)

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, *in_shape), to the output, (batch, C, H, W)."""
        return self.layers(z)[..., : self.height, : self.width]
