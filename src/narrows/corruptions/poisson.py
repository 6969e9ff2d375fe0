"""Shot noise: a camera counts photons (Foi et al. 2008)."""

import torch
from torch import Tensor

from narrows.fields import Level
from narrows.levels import bounds, draw


class Poisson:
    """x̃ = clip(g n, 0, 1), n being Poisson with mean x / g: the variance of x̃ is g x.

    Args:
        photon: brightness g of one photon, in units of x, so that white is 1 / g photons; of two
            values each example has its own g, uniform between them.
        clip: keep x̃ within [0, 1], as a camera would.
    """

    def __init__(self, photon: Level, clip: bool = True) -> None:
        self.photon, self.clip = bounds(photon, "corruption.photon"), clip

    def __call__(self, x: Tensor) -> Tensor:
        """Corrupt x, (batch, ...); values below 0 have no photons."""
        if self.photon[1] == 0:
            return x.clone()
        # With less than this there are more photons than float32 can count.
        photon = torch.as_tensor(draw(*self.photon, x), device=x.device).clamp(min=1e-6)
        noisy = torch.poisson(x.clamp(min=0) / photon) * photon
        return noisy.clamp_(0, 1) if self.clip else noisy
