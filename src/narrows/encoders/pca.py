"""Principal component analysis, the linear encoder in closed form."""

from collections.abc import Iterable

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from narrows.errors import UserError
from narrows.spec import Shape, Spec


class Encoder(nn.Module):
    """z = W (x − μ), the rows of W being the leading eigenvectors of the covariance of x.

    With the transpose of W as decoder it has the least squared error of all linear maps through a
    code of this size (Eckart and Young 1936). It is fitted, not trained.

    Args:
        spec: of the examples.
        code_size: number of components.

    Raises:
        UserError: if there are more components than values in an example.
    """

    def __init__(self, spec: Spec, code_size: PositiveInt) -> None:
        super().__init__()
        if code_size > spec.size:
            raise UserError(
                f"encoder.code_size={code_size} is more than the {spec.size} values of an example"
            )
        self.out_shape: Shape = (code_size,)
        self.weight = nn.Parameter(torch.zeros(code_size, spec.size), requires_grad=False)
        self.mean = nn.Parameter(torch.zeros(spec.size), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, *spec.shape), to z, (batch, code_size)."""
        return nn.functional.linear(x.flatten(1) - self.mean, self.weight)

    @torch.no_grad()
    def fit(self, inputs: Iterable[Tensor]) -> None:
        """Set W and μ from one pass over batches of x, (batch, *spec.shape), in float64."""
        n, total = 0, self.mean.new_zeros(self.mean.shape, dtype=torch.float64)
        moment = torch.diag_embed(total)
        for x in inputs:
            values = x.flatten(1).double()
            n += len(values)
            total += values.sum(0)
            moment += values.T @ values
        mean = total / n
        covariance = moment / n - mean.outer(mean)
        vectors = torch.linalg.eigh(covariance).eigenvectors.flip(1)[:, : len(self.weight)]
        # An eigenvector's sign is arbitrary: its largest value is made positive.
        largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
        self.weight.copy_((vectors * largest.sign()).T)
        self.mean.copy_(mean)
