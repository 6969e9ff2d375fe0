"""Two views of each example in, outputs that tell which belong together (Chen et al. 2020)."""

from collections.abc import Callable

import torch
from pydantic import PositiveInt
from torch import Tensor
from torchmetrics import MetricCollection

from narrows.spec import Shape, Spec
from narrows.tasks.base import Batch
from narrows.view_metrics import Alignment, Matched, Uniformity


class TwoViews:
    """loss(decoder(encoder([x̃, x̃′]))), x̃ and x̃′ being corrupted alike but independently.

    The decoder is what the papers call the projector. The target is the other view's output, which
    the loss has at hand: what `prepare` gives as target are zeros of its shape.

    Args:
        corruption: makes a view of x; drawn anew for each view and batch.
        projection_size: number p of values of the decoder's output.
    """

    monitor = "matched"
    needs_labels = False

    def __init__(
        self, corruption: Callable[[Tensor], Tensor], projection_size: PositiveInt = 64
    ) -> None:
        self.corruption, self.projection_size = corruption, projection_size

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return views, (batch, 2, *spec.shape), and zeros, (batch, 2, p)."""
        x = batch.x
        views = torch.stack([self.corruption(x), self.corruption(x)], 1)
        return views, x.new_zeros(()).expand(len(x), 2, self.projection_size)

    def out_shape(self, spec: Spec) -> Shape:
        """Return (p,), the shape of one view's output."""
        del spec
        return (self.projection_size,)

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return how close the two views are, how spread examples are, and how many are matched."""
        del spec
        return MetricCollection(
            {"alignment": Alignment(), "uniformity": Uniformity(), "matched": Matched()},
            compute_groups=False,
        )
