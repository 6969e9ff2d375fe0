"""Reconstruction: x in, x out, through a code that is narrower."""

from torch import Tensor
from torchmetrics import MetricCollection

from narrows.spec import Shape, Spec
from narrows.tasks.base import Batch
from narrows.tasks.images import restoration_metrics


class Reconstruction:
    """loss(decoder(encoder(x)), x)."""

    monitor = "sse"
    needs_labels = False

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return (x, x)."""
        return batch.x, batch.x

    def out_shape(self, spec: Spec) -> Shape:
        """Return the shape of x."""
        return spec.shape

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return the measures of x̂ against x."""
        return restoration_metrics(spec)
