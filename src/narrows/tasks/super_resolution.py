"""Super-resolution: a reduced picture in, the whole one out (Dong et al. 2014)."""

from typing import Literal

from torch import Tensor
from torchmetrics import MetricCollection

from narrows.errors import UserError
from narrows.imaging.resize import enlarge, reduce
from narrows.spec import Shape, Spec
from narrows.tasks.base import Batch
from narrows.tasks.images import restoration_metrics


class SuperResolution:
    """loss(decoder(encoder(reduce(x))), x), x being cropped to a multiple of the scale.

    Args:
        spec: of the examples.
        scale: how many times smaller the input is, by the antialiased bicubic of published sets.
        enlarged: give the input at full size, by bicubic enlargement. The network is then slower,
            but any encoder has examples of its own shape to pretrain on.

    Raises:
        UserError: if the examples are no images, or too small.
    """

    monitor = "psnr"
    needs_labels = False
    without_network = "bicubic"

    def __init__(self, spec: Spec, scale: Literal[2, 3, 4] = 2, enlarged: bool = False) -> None:
        if spec.kind != "image":
            raise UserError(
                f"task=super_resolution takes images, not a {spec.kind}; use task=denoising"
            )
        if min(spec.shape[1:]) < scale:
            raise UserError(f"task.scale={scale} leaves nothing of the images; use larger ones")
        self.scale, self.enlarged = scale, enlarged

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the reduced x, (batch, C, h, w), and x, (batch, C, h scale, w scale).

        Enlarged the first one is (batch, C, h scale, w scale) too.
        """
        height, width = (n - n % self.scale for n in batch.x.shape[2:])
        x = batch.x[..., :height, :width]
        small = reduce(x, self.scale)
        return (enlarge(small, self.scale) if self.enlarged else small), x

    def in_shape(self, spec: Spec) -> Shape:
        """Return the shape of one input, (C, h, w)."""
        channels, height, width = self.out_shape(spec)
        factor = 1 if self.enlarged else self.scale
        return (channels, height // factor, width // factor)

    def out_shape(self, spec: Spec) -> Shape:
        """Return the shape of one cropped x."""
        channels, height, width = spec.shape
        return (channels, height - height % self.scale, width - width % self.scale)

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return the measures of x̂ against x."""
        return restoration_metrics(spec)

    def pictures(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Return images of one size, (n, C, H, W), by what they show."""
        bicubic = self.answer_without(inputs)
        return {"original": target, "bicubic": bicubic, "output": prediction}

    def answer_without(self, inputs: Tensor) -> Tensor:
        """Return x by bicubic enlargement."""
        return inputs if self.enlarged else enlarge(inputs, self.scale)
