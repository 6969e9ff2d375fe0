"""Colourization: a grey picture in, its colours out (Zhang, Isola and Efros 2016)."""

import torch
from torch import Tensor
from torchmetrics import MetricCollection
from torchmetrics.image import PeakSignalNoiseRatio

from narrows.errors import UserError
from narrows.imaging.lab import to_lab, to_rgb
from narrows.metrics import ColourDistance
from narrows.spec import Shape, Spec
from narrows.tasks.base import Batch

# a* and b* as bytes have them: 0 is 128, and a unit is a level. All colours of sRGB have a place.
_ZERO, _LEVELS = 128, 255


class Colourization:
    """loss(decoder(encoder(grey(x))), ab(x)), L*, a* and b* being CIE Lab's coordinates of x.

    The lightness L* of the input is kept, so only two channels are to be found. Distances in Lab
    are about what eyes see, and its two colour channels do not change with light and shade, as
    those of RGB do. The input has x's shape, all three channels being alike, so that its encoder
    can be given pictures in colour later.

    Args:
        spec: of the examples.
        whole: the examples are whole pictures, not patches. A larger picture is then coloured as
            small as they are, since what a thing is shows in its whole shape, and its colours are
            enlarged.

    Raises:
        UserError: if they are no images in colour.
    """

    monitor = "ab_distance"
    needs_labels = False
    without_network = "grey"

    def __init__(self, spec: Spec, whole: bool = False) -> None:
        if spec.kind != "image" or spec.shape[0] != 3:
            raise UserError(
                "task=colourization takes images in colour, with three channels; use another "
                "dataset, or dataset.channels=3"
            )
        self.whole = whole

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return grey pictures, (batch, 3, H, W), and ab in [0, 1], (batch, 2, H, W)."""
        lab = to_lab(batch.x)
        return grey_of(lab), (lab[:, 1:] + _ZERO) / _LEVELS

    def out_shape(self, spec: Spec) -> Shape:
        """Return (2, H, W)."""
        return (2, *spec.shape[1:])

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return PSNR of ab as bytes, and the mean distance in ab.

        The latter is CIE's ΔE of 1976, since lightness is kept.
        """
        del spec
        return MetricCollection(
            {
                "ab_distance": ColourDistance(_LEVELS),
                "psnr_ab": PeakSignalNoiseRatio(data_range=1.0),
            },
            compute_groups=False,
        )

    def answer_without(self, inputs: Tensor) -> Tensor:
        """Return the ab of grey, (batch, 2, H, W)."""
        return torch.full_like(inputs[:, :2], _ZERO / _LEVELS)

    def pictures(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Return images, (n, 3, H, W), by what they show."""
        return {
            "original": coloured(inputs, target),
            "grey": inputs,
            "output": coloured(inputs, prediction),
        }


def grey_of(lab: Tensor) -> Tensor:
    """Return grey pictures in sRGB, (batch, 3, H, W), with the lightness of Lab's."""
    return to_rgb(torch.cat([lab[:, :1], torch.zeros_like(lab[:, 1:])], 1))


def coloured(grey: Tensor, ab: Tensor) -> Tensor:
    """Return pictures in sRGB with the lightness of grey ones and other colours.

    Where sRGB has no such colour of that lightness, channels are clipped.

    Args:
        grey: (batch, 3, H, W), in sRGB.
        ab: (batch, 2, H, W), in [0, 1] as `prepare` makes it.
    """
    return to_rgb(torch.cat([to_lab(grey)[:, :1], ab * _LEVELS - _ZERO], 1))
