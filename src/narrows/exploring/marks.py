"""The examples that a map shows: where their codes lie, and what they are called."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from narrows.exploring.frame import Frame
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.packing import read_card

# More would hide each other, and the pictures behind them.
_SHOWN = 1500
_PARTS = ("train", "val", "test")


class Mark(NamedTuple):
    """An example on the map.

    Attributes:
        name: of a typeface, or an example's label; '' if it has none.
        right: its place, from 0 to 1.
        down: its place, from 0 to 1.
        part: 'train', 'val' or 'test'.
        label: the first of its labels, by number; -1 if it has none.
    """

    name: str
    right: float
    down: float
    part: str
    label: int


def codes_of(module: Module, data: PackedDataset) -> np.ndarray:
    """Return the codes of all examples, (n, 2)."""
    codes = [module.encode(inputs).cpu() for inputs, _ in module.examples(data)]
    return torch.cat(codes).double().numpy()


def typefaces(module: Module, data: Path, frame: Frame) -> list[Mark]:
    """Return all typefaces, also those that the model was not trained on."""
    names = read_card(data)["facts"].get("names", {})
    marks = []
    for part in _PARTS:
        codes = codes_of(module, PackedDataset.open(data, part))
        told = names.get(part, [])
        # Names are of all that were drawn: none can be told if some were dropped.
        told = told if len(told) == len(codes) else [""] * len(codes)
        for name, (right, down) in zip(told, frame.places(codes).tolist(), strict=True):
            marks.append(Mark(name, right, down, part, -1))
    return marks


def examples(module: Module, data: Path, frame: Frame) -> list[Mark]:
    """Return training examples, evenly spaced, with their labels."""
    train = PackedDataset.open(data, "train")
    labelled = read_card(data)["parts"]["train"]["labelled"]
    some = torch.linspace(0, len(train) - 1, min(_SHOWN, len(train))).long()
    chosen = train.subset(some)
    labels = module.spec.labels
    marks = []
    places = frame.places(codes_of(module, chosen)).tolist()
    for row, y, (right, down) in zip(some.tolist(), chosen.y, places, strict=True):
        known = row < labelled and bool((y == 1).any())
        label = int((y == 1).int().argmax()) if known else -1
        marks.append(Mark(labels[label] if known else "", right, down, "train", label))
    return marks
