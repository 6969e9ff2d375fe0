"""Examples as the page shows them: pictures, or the values that say most."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from narrows.interpreting.images import image_png
from narrows.interpreting.sampling import Sample
from narrows.named_values import value_of
from narrows.report.text import clean, listed, number, shorten
from narrows.spec import Spec

_TERMS, _COLUMNS, _LABELS, _LONGEST = 6, 3, 3, 40


class ShownExample(NamedTuple):
    """An example.

    Attributes:
        name: of it.
        labels: that it has, with commas; '' where they are not known.
        picture: of an image, as a data: URI; else ''.
        words: a document's heaviest terms, or a row's values that are farthest from 0.
    """

    name: str
    labels: str
    picture: str
    words: str


class Formatter:
    """Says what examples and their values look like.

    Args:
        spec: of the examples.
        data: folder of the prepared data, whose card knows columns and terms.
    """

    def __init__(self, spec: Spec, data: Path) -> None:
        self.spec = spec
        self._value = value_of(spec, data)

    def name(self, place: int) -> str:
        """Return the name of a value of an example."""
        return clean(shorten(self._value(place).name, _LONGEST))

    def value(self, place: int, value: float) -> str:
        """Write a value in the units of the source."""
        return number(self._value(place).original(value), 3)

    def example(self, sample: Sample, row: int) -> ShownExample:
        """Return what is shown of one example."""
        x = sample.rows([row])[0]
        labels = ""
        if sample.known[row]:
            has = np.flatnonzero(sample.y[row]).tolist()
            labels = listed([clean(self.spec.labels[j]) for j in has], _LABELS) or "no label"
        name = clean(sample.names[row])
        if self.spec.kind == "image":
            return ShownExample(name, labels, image_png(x), "")
        return ShownExample(name, labels, "", self._words(x))

    def _words(self, x: Tensor) -> str:
        order = torch.argsort(x.abs(), descending=True, stable=True).tolist()
        if self.spec.kind == "text":
            return ", ".join(self.name(place) for place in order[:_TERMS] if x[place])
        return ", ".join(
            f"{self.name(place)} {self.value(place, float(x[place]))}" for place in order[:_COLUMNS]
        )
