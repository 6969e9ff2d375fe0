"""Additive Gaussian noise (Vincent et al. 2010, section 3.3)."""

import torch
from pydantic import NonNegativeFloat
from torch import Tensor


class Gaussian:
    """x̃ = clip(x + σ ε, 0, 1), ε ~ N(0, 1).

    Args:
        sigma: standard deviation of the noise, in units of x.
        clip: keep x̃ within [0, 1], as a camera would; switch off for tables.
    """

    def __init__(self, sigma: NonNegativeFloat, clip: bool = True) -> None:
        self.sigma, self.clip = sigma, clip

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, ...)."""
        noisy = torch.randn_like(x).mul_(self.sigma).add_(x)
        return noisy.clamp_(0, 1) if self.clip else noisy
