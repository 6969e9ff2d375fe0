"""One page with a map of codes, on which the pictures that are decoded from them are seen."""

import base64
from typing import Any, NamedTuple

import numpy as np

from narrows.exploring.atlas import Atlas
from narrows.exploring.marks import Mark
from narrows.readers.drawn_faces import sheet_shape
from narrows.report.templates import render
from narrows.report.text import clean
from narrows.spec import Shape

# Grid points on each side of the map.
GRID = 33


class Model(NamedTuple):
    """What a page tells of the model.

    Attributes:
        name: of the run.
        letters: that each picture shows; '' if it is no typeface.
        shape: of a picture, (C, H, W).
        labels: of the examples.
    """

    name: str
    letters: str
    shape: Shape
    labels: tuple[str, ...]


def cells_of(values: np.ndarray, letters: str) -> np.ndarray:
    """Cut pictures, (n, C, H, W), into letters or channels, (n, k, h, w)."""
    if not letters:
        return values
    rows, columns = sheet_shape(len(letters))
    n, _, height, width = values.shape
    h, w = height // rows, width // columns
    cut = values.reshape(n, rows, h, columns, w).swapaxes(2, 3).reshape(n, rows * columns, h, w)
    return cut[:, : len(letters)]


def render_page(model: Model, atlas: Atlas, marks: list[Mark]) -> str:
    """Return the page as HTML."""
    return render(
        "explore.html.j2",
        {},
        model=model,
        data=_data(model, atlas, marks),
        seen=sum(mark.part == "train" for mark in marks),
        unseen=sum(mark.part != "train" for mark in marks),
        levels=f"{255 * atlas.worst:.1f}",
        grid=GRID,
        paths=any(mark.name for mark in marks),
    )


def _data(model: Model, atlas: Atlas, marks: list[Mark]) -> dict[str, Any]:
    """Return what the page's script is given."""
    channels, height, width = model.shape
    if model.letters:
        rows, columns = sheet_shape(len(model.letters))
        height, width = height // rows, width // columns
    return {
        "letters": model.letters,
        "labels": clean(list(model.labels)),
        "cells": len(model.letters) or channels,
        "height": height,
        "width": width,
        "grid": GRID,
        "logits": atlas.logits,
        "rank": len(atlas.basis),
        "coefficients": _packed(atlas.coefficients.astype("<f4")),
        "basis": _packed(atlas.basis),
        "active": _packed(np.packbits(atlas.active)),
        "still": _packed(atlas.still[~atlas.active].astype("<f4")),
        "marks": [
            [clean(m.name), round(m.right, 4), round(m.down, 4), int(m.part != "train"), m.label]
            for m in marks
        ],
    }


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
