"""Principal component analysis, the linear encoder in closed form."""

from collections.abc import Iterable

import torch
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor, nn

from narrows.corruptions.blur import Blur
from narrows.errors import UserError
from narrows.spec import Shape, Spec


class Encoder(nn.Module):
    """z = W (x − μ), the rows of W being the leading eigenvectors of the covariance of x.

    With the transpose of W as decoder it has the least squared error of all linear maps through a
    code of this size (Eckart and Young 1936). It is fitted, not trained.

    Args:
        spec: of the examples.
        code_size: number of components.
        blur: standard deviation in pixels of a Gaussian that images go through first, so that the
            codes of strokes a pixel apart are near each other; 0 for none.

    Raises:
        UserError: if there are more components than values in an example, or no images to blur.
    """

    def __init__(self, spec: Spec, code_size: PositiveInt, blur: NonNegativeFloat = 0.0) -> None:
        super().__init__()
        if blur and spec.kind != "image":
            raise UserError(f"encoder.blur={blur:g} is for images; leave it out")
        self.blur = Blur(blur) if blur else nn.Identity()
        if code_size > spec.size:
            raise UserError(
                f"encoder.code_size={code_size} is more than the {spec.size} values of an example"
            )
        self.out_shape: Shape = (code_size,)
        self.weight = nn.Parameter(torch.zeros(code_size, spec.size), requires_grad=False)
        self.mean = nn.Parameter(torch.zeros(spec.size), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map x, (batch, *spec.shape), to z, (batch, code_size)."""
        return nn.functional.linear(self.blur(x).flatten(1) - self.mean, self.weight)

    @torch.no_grad()
    def fit(self, inputs: Iterable[Tensor]) -> None:
        """Set W and μ from one pass over batches of x, (batch, *spec.shape), in float64.

        Of n examples with d values there is an n x n matrix to decompose, or a d x d one, whichever
        is smaller.
        """
        d = self.mean.numel()
        n, total = 0, self.mean.new_zeros(d, dtype=torch.float64)
        rows, moment = list[Tensor](), Tensor()
        for x in inputs:
            rows.append(self.blur(x).flatten(1).double())
            n += len(x)
            total += rows[-1].sum(0)
            if n > d:
                # Sums of products take less room than that many rows do.
                for part in rows:
                    products = part.T @ part
                    moment = moment.add_(products) if len(moment) else products
                rows.clear()
        mean = total / n
        if rows:
            vectors = _of_rows(torch.cat(rows) - mean, len(self.weight))
        else:
            vectors = torch.linalg.eigh(moment / n - mean.outer(mean)).eigenvectors.flip(1)
        vectors = vectors[:, : len(self.weight)]
        # An eigenvector's sign is arbitrary: its largest value is made positive.
        largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
        self.weight.copy_((vectors * largest.sign()).T)
        self.mean.copy_(mean)


def _of_rows(centred: Tensor, size: int) -> Tensor:
    """Return leading eigenvectors of the covariance of n rows, (n, d), as columns (d, size)."""
    values, left = torch.linalg.eigh(centred @ centred.T)
    kept = left.flip(1)[:, :size]
    # Divided by singular values these have length one. Where one is 0, as the last of n is, any
    # direction at right angles to the others serves, and that is what QR gives.
    vectors = centred.T @ kept / values.flip(0)[:size].clamp_min(1e-300).sqrt()
    missing = size - kept.shape[1]
    return torch.linalg.qr(torch.nn.functional.pad(vectors, (0, missing))).Q
