"""Additive Gaussian noise (Vincent et al. 2010, section 3.3)."""

import torch
from torch import Tensor

from narrows.fields import Level
from narrows.levels import bounds, draw


class Gaussian:
    """x̃ = clip(x + σ ε, 0, 1), ε ~ N(0, 1).

    Args:
        sigma: standard deviation of the noise, in units of x; of two values each example has its
            own σ, uniform between them, so that one network learns all levels.
        clip: keep x̃ within [0, 1], as a camera would; switch off for tables.
    """

    def __init__(self, sigma: Level, clip: bool = True) -> None:
        self.sigma, self.clip = bounds(sigma, "corruption.sigma"), clip

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, ...)."""
        sigma = draw(*self.sigma, x)
        noisy = torch.randn_like(x).mul_(sigma).add_(x)
        return noisy.clamp_(0, 1) if self.clip else noisy
