"""Convolutional encoder: each layer halves the image, the last maps to the code."""

from itertools import pairwise
from math import ceil, prod

from pydantic import PositiveInt
from torch import Tensor, nn

from narrows.activations import activation as make
from narrows.errors import UserError
from narrows.fields import Activation, Widths
from narrows.spec import Shape, Spec


class Encoder(nn.Module):
    """3 x 3 convolutions of stride 2, then one linear map to the code.

    Args:
        spec: of the examples, which must be images.
        code_size: number of values in the code.
        channels: of each convolution, from the input on.
        activation: h, after each convolution.

    Raises:
        UserError: if the examples are not images.
    """

    def __init__(
        self,
        spec: Spec,
        code_size: PositiveInt,
        channels: Widths,
        activation: Activation = "gelu",
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
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(last, code_size))

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, C, H, W), to z, (batch, code_size)."""
        return self.layers(x)
