"""Masking noise (Vincent et al. 2010, section 3.3)."""

import torch
from torch import Tensor

from narrows.fields import Fraction


class Masking:
    """Set each value to 0 with probability `fraction`, independently.

    Args:
        fraction: of the values that become 0.
    """

    def __init__(self, fraction: Fraction) -> None:
        self.fraction = fraction

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, ...)."""
        return x * (torch.rand_like(x) >= self.fraction)
