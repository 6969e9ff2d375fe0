"""Convolutional encoder: each layer halves the image, the last ones map to the code."""

from itertools import pairwise
from math import ceil, prod

from pydantic import PositiveInt
from torch import Tensor, nn

from narrows.activations import activation as make
from narrows.errors import UserError
from narrows.fields import Activation, Start, Widths
from narrows.spec import Shape, Spec
from narrows.starts import draw


class Encoder(nn.Module):
    """3 x 3 convolutions of stride 2, then fully connected layers to the code.

    Args:
        spec: of the examples, which must be images.
        code_size: number of values in the code.
        channels: of each convolution, from the input on.
        activation: h, after each convolution and hidden layer.
        hidden: widths of layers between the last convolution and the code.
        start: how the first weights are drawn; a deep network wants `scaled`.

    Raises:
        UserError: if the examples are not images.
    """

    def __init__(
        self,
        spec: Spec,
        code_size: PositiveInt,
        channels: Widths,
        activation: Activation = "gelu",
        hidden: Widths | None = None,
        start: Start = "torch",
    ) -> None:
        super().__init__()
        if spec.kind != "image":
            raise UserError(f"encoder=conv takes images, not a {spec.kind}; use encoder=mlp")
        self.out_shape: Shape = (code_size,)
        depth, height, width = spec.shape
        layers: list[nn.Module] = []
        for before, after in pairwise([depth, *channels]):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), make(activation)]
            height, width = ceil(height / 2), ceil(width / 2)
        last = prod(([depth, *channels][-1], height, width))
        layers.append(nn.Flatten())
        widths = [last, *(hidden or [])]
        for wide, narrow in pairwise(widths):
            layers += [nn.Linear(wide, narrow), make(activation)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], code_size))
        draw(self.layers, start)

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, C, H, W), to z, (batch, code_size)."""
        return self.layers(x)
