"""Values of other examples (SCARF, Bahri et al. 2022), for tables and documents."""

import torch
from torch import Tensor

from narrows.fields import Fraction


class Swap:
    """Set each value to that of a random example of the batch with probability `fraction`.

    The batch stands for the marginal distribution of a column, which the paper draws from; the
    columns are drawn independently, so that what is seen in a column is always a value of it.

    Args:
        fraction: of the values; the paper corrupts 0.6 of the columns of each example.
    """

    def __init__(self, fraction: Fraction = 0.6) -> None:
        self.fraction = fraction

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, ...)."""
        values = x.flatten(1)
        rows = torch.randint(len(x), values.shape, device=x.device)
        others = values.gather(0, rows).view_as(x)
        return torch.where(torch.rand_like(x) < self.fraction, others, x)
