"""Images mirrored left to right: what is above stays above, as the sky does."""

import torch
from torch import Tensor

from narrows.errors import UserError


class Mirror:
    """Each image as it is or mirrored, one as often as the other."""

    def __call__(self, x: Tensor) -> Tensor:
        """Return x, (batch, C, H, W), half of it mirrored.

        Raises:
            UserError: if x holds no images.
        """
        if x.ndim != 4:
            raise UserError("augmentation=mirror takes images; use augmentation=none")
        across = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
        return torch.where(across, x.flip(3), x)
