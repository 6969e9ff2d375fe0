"""What every dataset answers."""

from typing import NamedTuple, Protocol

import numpy as np

from narrows.spec import Spec

Parts = dict[str, "Part"]


class Part(NamedTuple):
    """One split.

    Attributes:
        x: (n, *spec.shape); uint8 for images, 0..255 standing for [0, 1], else float32.
        y: (n, k) uint8, 0 or 1.
    """

    x: np.ndarray
    y: np.ndarray


class Dataset(Protocol):
    """A source of examples; its fields are its options."""

    def spec(self) -> Spec:
        """Return what an example looks like, without reading the data."""
        ...

    def load(self) -> Parts:
        """Return the parts 'train', 'val' and 'test'."""
        ...

    @property
    def split_rule(self) -> str:
        """Return how the parts were made, in a sentence for the dataset card."""
        ...
