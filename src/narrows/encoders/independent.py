"""k encoders side by side, one for each label: O(kdm) weights, the lecture's rival to sharing."""

from pydantic import PositiveInt
from torch import Tensor, nn

from narrows.activations import activation as make
from narrows.fields import Activation
from narrows.spec import Shape, Spec


class Encoder(nn.Module):
    """z_l = h(W_l x) for each label l, all k products in one.

    Args:
        spec: of the examples; it has k labels.
        code_size: number m of hidden values of each network.
        activation: h.
    """

    def __init__(self, spec: Spec, code_size: PositiveInt, activation: Activation = "gelu") -> None:
        super().__init__()
        self.out_shape: Shape = (len(spec.labels), code_size)
        self.maps = nn.Linear(spec.size, len(spec.labels) * code_size)
        self.activation = make(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, *spec.shape), to z, (batch, k, code_size)."""
        return self.activation(self.maps(x.flatten(1))).unflatten(1, self.out_shape)
