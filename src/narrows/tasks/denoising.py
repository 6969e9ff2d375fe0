"""Denoising: a corrupted x in, the clean x out (Vincent et al. 2008)."""

from collections.abc import Callable

from torch import Tensor
from torchmetrics import MetricCollection

from narrows.spec import Shape, Spec
from narrows.tasks.base import Batch
from narrows.tasks.images import restoration_metrics


class Denoising:
    """loss(decoder(encoder(corruption(x))), x).

    Args:
        corruption: makes x̃ of x; drawn anew for each batch.
    """

    monitor = "sse"
    needs_labels = False
    without_network = "corrupted"

    def __init__(self, corruption: Callable[[Tensor], Tensor]) -> None:
        self.corruption = corruption

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return (x̃, x)."""
        return self.corruption(batch.x), batch.x

    def answer_without(self, inputs: Tensor) -> Tensor:
        """Return x̃ as it is."""
        return inputs

    def out_shape(self, spec: Spec) -> Shape:
        """Return the shape of x."""
        return spec.shape

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return the measures of x̂ against x."""
        return restoration_metrics(spec)
