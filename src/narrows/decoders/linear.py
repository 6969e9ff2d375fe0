"""Linear decoder, the lecture's V: ŷ = V z + b."""

from collections.abc import Iterable
from math import prod

import torch
from torch import Tensor, nn

from narrows.spec import Shape


class Decoder(nn.Module):
    """One linear map from the code to the output: the head of a classifier, or PCA's decoder.

    Args:
        in_shape: of one code.
        out_shape: of one output; (k,) for k labels.
    """

    def __init__(self, in_shape: Shape, out_shape: Shape) -> None:
        super().__init__()
        self.out_shape = out_shape
        self.map = nn.Linear(prod(in_shape), prod(out_shape))

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, *in_shape), to the output, (batch, *out_shape)."""
        return self.map(z.flatten(1)).unflatten(1, self.out_shape)

    @torch.no_grad()
    def fit(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Set V and b to the least-squares solution, in float64.

        Args:
            pairs: batches of codes z, (batch, *in_shape), and targets, (batch, *out_shape).
        """
        gram = torch.zeros((), dtype=torch.float64)
        products = torch.zeros((), dtype=torch.float64)
        for z, target in pairs:
            codes = nn.functional.pad(z.flatten(1).double(), (0, 1), value=1)
            gram = gram.to(z.device) + codes.T @ codes
            products = products.to(z.device) + codes.T @ target.flatten(1).double()
        # Codes that do not vary are left out; torch.linalg.lstsq would give random results there.
        solution = (torch.linalg.pinv(gram, rtol=1e-10, hermitian=True) @ products).T
        self.map.weight.copy_(solution[:, :-1])
        self.map.bias.copy_(solution[:, -1])
