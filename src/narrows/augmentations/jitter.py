"""Images turned, stretched, sheared and moved a little."""

import torch
from pydantic import NonNegativeFloat
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from narrows.errors import UserError
from narrows.fields import Fraction


class Jitter:
    """Some images of a batch go through random affine maps near the identity.

    Values between pixels are interpolated by cubics, which keeps edges sharper than straight lines
    do, and kept within [0, 1]; what comes from outside is 0. The images that stay as they are show
    how sharp those are that will be measured.

    Args:
        share: fraction of a batch that is changed.
        linear: standard deviation of what is added to each entry of the 2 x 2 matrix.
        shift: standard deviation of the move along each axis, in pixels.
    """

    def __init__(
        self, share: Fraction = 0.7, linear: NonNegativeFloat = 0.05, shift: NonNegativeFloat = 0.5
    ) -> None:
        self.share, self.linear, self.shift = share, linear, shift

    def __call__(self, x: Tensor) -> Tensor:
        """Return x, (batch, C, H, W), with the first images of the batch changed.

        Raises:
            UserError: if x holds no images.
        """
        if x.ndim != 4:
            raise UserError("augmentation=jitter takes images; use augmentation=none")
        changed = round(self.share * len(x))
        if changed == 0:
            return x
        maps = self._maps(changed, *x.shape[2:]).to(x.device)
        grid = affine_grid(maps, [changed, *x.shape[1:]], align_corners=False)
        moved = grid_sample(x[:changed], grid, mode="bicubic", align_corners=False)
        return torch.cat([moved.clamp_(0, 1), x[changed:]])

    def _maps(self, n: int, height: int, width: int) -> Tensor:
        """Draw maps (n, 2, 3) from places in the new image to places in the old one."""
        matrix = torch.eye(2) + self.linear * torch.randn(n, 2, 2)
        # Coordinates go from −1 to 1.
        pixel = torch.tensor([2 / width, 2 / height])
        shift = self.shift * torch.randn(n, 2) * pixel
        return torch.cat([matrix, shift[..., None]], 2)
