"""What a graph is made of: a run's encoder and decoder, and what comes before and after them."""

import torch
from torch import Tensor, nn

from narrows.exporting.enlarging import exportable
from narrows.imaging.lab import to_lab
from narrows.losses.base import Loss
from narrows.module import Module
from narrows.tasks.colourization import coloured, grey_of


class Decoded(nn.Module):
    """Codes to predictions in the target's units."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        self.decoder, self.loss = exportable(module.decoder), module.loss

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, *code's shape), to predictions."""
        loss: Loss = self.loss
        return loss.predict(self.decoder(z))


class Padded(nn.Module):
    """A network whose pictures are padded with their outermost pixels, and the results cut again.

    Args:
        network: of pictures whose height and width are multiples of `multiple`.
        multiple: this.
        scale: how many times larger its results are.
    """

    def __init__(self, network: nn.Module, multiple: int, scale: int) -> None:
        super().__init__()
        self.network, self.multiple, self.scale = network, multiple, scale

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures x, (batch, C, H, W), to (batch, C′, H scale, W scale)."""
        _, _, height, width = x.shape
        # Rows by their numbers: of `pad` a graph cannot tell that the result is such a multiple.
        for axis, n in ((2, height), (3, width)):
            whole = (n + self.multiple - 1) // self.multiple * self.multiple
            x = x.index_select(axis, torch.arange(whole).clamp(max=n - 1))
        return self.network(x)[..., : height * self.scale, : width * self.scale]


class Coloured(nn.Module):
    """A network that finds the colours of grey pictures, for pictures in any colours.

    Args:
        network: makes ab, (batch, 2, H, W), of grey pictures.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures x in sRGB, (batch, 3, H, W), to coloured ones with their lightness."""
        grey = grey_of(to_lab(x))
        return coloured(grey, self.network(grey))


class Clipped(nn.Module):
    """Brings pixels into [0, 1], so that they can be written as bytes."""

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures of any shape to that shape."""
        return x.clamp(0, 1)
