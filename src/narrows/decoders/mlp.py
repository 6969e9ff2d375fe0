"""Fully connected decoder: the encoder's mirror image."""

from itertools import pairwise
from math import prod

from torch import Tensor, nn

from narrows.activations import activation as make
from narrows.fields import Activation, Start, Widths
from narrows.spec import Shape
from narrows.starts import draw


class Decoder(nn.Module):
    """Fully connected layers from the code z to the output.

    Args:
        in_shape: of one code.
        out_shape: of one output.
        hidden: widths of the hidden layers, from the code on.
        activation: h, after each hidden layer; the output itself is linear.
        start: how the first weights are drawn; a deep network wants `scaled`.
    """

    def __init__(
        self,
        in_shape: Shape,
        out_shape: Shape,
        hidden: Widths,
        activation: Activation = "gelu",
        start: Start = "torch",
    ) -> None:
        super().__init__()
        widths = [prod(in_shape), *hidden]
        layers: list[nn.Module] = [nn.Flatten()]
        for narrow, wide in pairwise(widths):
            layers += [nn.Linear(narrow, wide), make(activation)]
        layers += [nn.Linear(widths[-1], prod(out_shape)), nn.Unflatten(1, out_shape)]
        self.layers = nn.Sequential(*layers)
        draw(self.layers, start)

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, *in_shape), to the output, (batch, *out_shape)."""
        return self.layers(z)
