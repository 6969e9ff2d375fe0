"""Images turned by right angles and mirrored: nothing is interpolated."""

import torch
from torch import Tensor

from narrows.errors import UserError


class Turns:
    """Each image in one of the eight ways in which a square can lie on itself.

    Of pictures that are not square only the four that keep their shape are drawn.
    """

    def __call__(self, x: Tensor) -> Tensor:
        """Return x, (batch, C, H, W), turned.

        Raises:
            UserError: if x holds no images.
        """
        if x.ndim != 4:
            raise UserError("augmentation=turns takes images; use augmentation=none")
        across, down, over = torch.rand(3, len(x), 1, 1, 1, device=x.device) < 0.5
        x = torch.where(across, x.flip(3), x)
        x = torch.where(down, x.flip(2), x)
        return torch.where(over, x.transpose(2, 3), x) if x.shape[2] == x.shape[3] else x
