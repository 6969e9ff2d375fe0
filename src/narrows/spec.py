"""The one value that flows from dataset to encoder to decoder."""

from dataclasses import dataclass
from math import prod
from typing import Any, Literal

Kind = Literal["image", "table", "text"]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Spec:
    """What one example looks like, known before any data is read.

    Attributes:
        shape: of one example, without the batch: (C, H, W) for images, (d,) for tables and text.
        labels: names of the k labels, in the order of the columns of y.
        kind: what the numbers are; images have values in [0, 1].
    """

    shape: Shape
    labels: tuple[str, ...]
    kind: Kind

    @property
    def size(self) -> int:
        """Number of values in one example, the lecture's d."""
        return prod(self.shape)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Spec":
        """Return the spec that `dataclasses.asdict` had turned into JSON."""
        return cls(tuple(fields["shape"]), tuple(fields["labels"]), fields["kind"])
