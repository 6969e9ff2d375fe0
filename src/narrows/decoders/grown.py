"""Linear decoder that outputs were added to: the first ones keep their bits."""

from math import prod
from typing import Annotated

import torch
from annotated_types import MinLen
from torch import Tensor, nn

from narrows.errors import UserError
from narrows.fields import Widths
from narrows.spec import Shape


class Decoder(nn.Module):
    """ŷ = V z + b, the rows of V being kept in blocks that are multiplied one by one.

    One product with all rows may sum in another order than one with the first k of them, and so
    differ in the last bit. `narrows new-label` makes such a decoder of a linear one.

    Args:
        in_shape: of one code.
        out_shape: of one output; (k,) for k labels.
        added: how many outputs each later block has, the earliest first; all before them are the
            first block, named `map` as the linear decoder's.

    Raises:
        UserError: if no output is left for the first block.
    """

    def __init__(
        self, in_shape: Shape, out_shape: Shape, added: Annotated[Widths, MinLen(1)]
    ) -> None:
        super().__init__()
        m, first = prod(in_shape), prod(out_shape) - sum(added)
        if first < 1:
            raise UserError(
                f"decoder=grown adds {sum(added)} to at least one output, but the task has "
                f"{prod(out_shape)} in all; use decoder=linear"
            )
        self.out_shape = out_shape
        self.map = nn.Linear(m, first)
        self.added = nn.ModuleList([nn.Linear(m, width) for width in added])

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, *in_shape), to the output, (batch, *out_shape)."""
        z = z.flatten(1)
        blocks = [self.map(z), *(block(z) for block in self.added)]
        return torch.cat(blocks, 1).unflatten(1, self.out_shape)
