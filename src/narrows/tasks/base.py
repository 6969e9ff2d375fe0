"""What every task answers; the one equation is loss(decoder(encoder(input)), target)."""

from typing import NamedTuple, Protocol

from torch import Tensor
from torchmetrics import MetricCollection

from narrows.spec import Shape, Spec


class Batch(NamedTuple):
    """Examples x, (batch, *spec.shape), floats, and labels y, (batch, k), 0 and 1 in bytes."""

    x: Tensor
    y: Tensor


class Task(Protocol):
    """Says what goes in, what should come out and what is measured.

    Attributes:
        monitor: the measure to look at first, as named in `metrics`.
        needs_labels: whether the target is made from y.
    """

    monitor: str
    needs_labels: bool

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return (input, target), made on the batch's device."""
        ...

    def out_shape(self, spec: Spec) -> Shape:
        """Return the shape of one target."""
        ...

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return new measures of (prediction, target), computed over a whole split."""
        ...
