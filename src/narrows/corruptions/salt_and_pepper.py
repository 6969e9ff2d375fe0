"""Salt-and-pepper noise (Vincent et al. 2010, section 3.3)."""

import torch
from torch import Tensor

from narrows.fields import Fraction


class SaltAndPepper:
    """Set each value to 0 or to 1, each with probability `fraction` / 2, independently.

    Args:
        fraction: of the values that become 0 or 1.
    """

    def __init__(self, fraction: Fraction) -> None:
        self.fraction = fraction

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, ...), values in [0, 1]."""
        u = torch.rand_like(x)
        salted = torch.where(u > 1 - self.fraction / 2, torch.ones_like(x), x)
        return torch.where(u < self.fraction / 2, torch.zeros_like(x), salted)
