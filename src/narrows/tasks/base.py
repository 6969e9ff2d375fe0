"""What every task answers; the one equation is loss(decoder(encoder(input)), target)."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import Tensor
from torchmetrics import MetricCollection

from narrows.spec import Shape, Spec

# Stands in y for a label of which nobody knows whether an example has it.
UNKNOWN = 255


class Batch(NamedTuple):
    """Examples x, (batch, *spec.shape), floats, and labels y, (batch, k), in bytes.

    A label is 0 or 1; or UNKNOWN, as where a label was added later.
    """

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


@dataclass(frozen=True)
class Assessment:
    """What a finished run is worth on a split.

    Attributes:
        measures: by name.
        details: for reports, as JSON.
    """

    measures: dict[str, float]
    details: dict[str, Any] = field(default_factory=dict)


@runtime_checkable
class Assessed(Protocol):
    """A task that says more of a finished run than the measures that are taken in each epoch.

    Tasks without these two have their `metrics` alone.
    """

    def decide(self, prediction: Tensor, target: Tensor) -> dict[str, Any]:
        """Return, as JSON, what is chosen on the validation part and kept with the run."""
        ...

    def assess(
        self, prediction: Tensor, target: Tensor, decisions: dict[str, Any] | None
    ) -> Assessment:
        """Return all measures of a whole split, those of `metrics` among them.

        Args:
            prediction: in the target's units, on the processor.
            target: as `prepare` makes it.
            decisions: what `decide` returned, on the validation part; None for that part itself.
        """
        ...


@runtime_checkable
class Resized(Protocol):
    """A task whose inputs have another shape than the examples."""

    def in_shape(self, spec: Spec) -> Shape:
        """Return the shape of one input: what the encoder is made for."""
        ...


@runtime_checkable
class Compared(Protocol):
    """A task that has an answer without learning, to measure beside what a network makes.

    Attributes:
        without_network: what the answer is called, such as "bicubic".
    """

    without_network: str

    def answer_without(self, inputs: Tensor) -> Tensor:
        """Return the answer, in the target's units and shape."""
        ...


@runtime_checkable
class Pictured(Protocol):
    """A task whose inputs, predictions and targets are not all images of one size."""

    def pictures(self, inputs: Tensor, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Return images of one size, (n, C, H, W), by what they show, in the order to read them."""
        ...
