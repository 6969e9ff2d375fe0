"""Fully connected encoder: z = W_L h(… h(W_1 x))."""

from itertools import pairwise

from pydantic import PositiveInt
from torch import Tensor, nn

from narrows.activations import activation as make
from narrows.fields import Activation, Fraction, Start, Widths
from narrows.spec import Shape, Spec
from narrows.starts import draw


class Encoder(nn.Module):
    """Fully connected layers from the values of x to the code z.

    Args:
        spec: of the examples.
        code_size: number of values in the code, the lecture's m.
        hidden: widths of the hidden layers, from the input on; empty for one linear map W.
        activation: h, after each hidden layer; the code itself is linear.
        dropout: fraction of hidden values set to 0 in training.
        start: how the first weights are drawn; a deep network wants `scaled`.
    """

    def __init__(
        self,
        spec: Spec,
        code_size: PositiveInt,
        hidden: Widths,
        activation: Activation = "gelu",
        dropout: Fraction = 0.0,
        start: Start = "torch",
    ) -> None:
        super().__init__()
        self.out_shape: Shape = (code_size,)
        layers: list[nn.Module] = [nn.Flatten()]
        for wide, narrow in pairwise([spec.size, *hidden]):
            layers += [nn.Linear(wide, narrow), make(activation)]
            layers += [nn.Dropout(dropout)] if dropout else []
        layers.append(nn.Linear([spec.size, *hidden][-1], code_size))
        self.layers = nn.Sequential(*layers)
        draw(self.layers, start)

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, *spec.shape), to z, (batch, code_size)."""
        return self.layers(x)
