"""k heads side by side, each on the code of its own label: ŷ_l = v_l · z_l + b_l."""

import torch
from torch import Tensor, nn

from narrows.errors import UserError
from narrows.spec import Shape


class Decoder(nn.Module):
    """One weight vector for each label, on that label's code alone.

    Args:
        in_shape: (k, m), as encoder=independent gives it.
        out_shape: (k,).

    Raises:
        UserError: if there is not one code for each label.
    """

    def __init__(self, in_shape: Shape, out_shape: Shape) -> None:
        super().__init__()
        if len(in_shape) != 2 or out_shape != in_shape[:1]:
            raise UserError(
                f"decoder=independent takes one code for each of {out_shape} outputs, but the "
                f"code has shape {in_shape}; use encoder=independent and task=multi_label"
            )
        k, m = in_shape
        bound = m**-0.5
        self.v = nn.Parameter(torch.empty(k, m).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.empty(k).uniform_(-bound, bound))

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, k, m), to logits ŷ, (batch, k)."""
        return (z * self.v).sum(-1) + self.b
