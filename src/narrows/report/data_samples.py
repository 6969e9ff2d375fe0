"""A few examples of a packed part: pictures, rows or documents."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from narrows.report.data_values import Packed, spread
from narrows.store import Stored, StoredCsr

_SIDE, _TERMS = 160, 12


@dataclass(frozen=True)
class Example:
    """One example and its labels.

    Attributes:
        row: its place in its part.
        labels: places of its labels; None if they are not known.
        png: the picture, for images.
        values: for tables.
        terms: places and weights of the heaviest terms, for documents.
        length: how many different terms a document has.
    """

    row: int
    labels: list[int] | None
    png: bytes | None = None
    values: list[float] | None = None
    terms: list[tuple[int, float]] | None = None
    length: int = 0


def examples(x: Packed, y: Stored, labelled: int, kind: str, most: int) -> list[Example]:
    """Return up to `most` examples of a part, evenly spaced.

    Args:
        x: (n, *shape).
        y: (n, k) 0 or 1.
        labelled: how many, from the first, have labels.
        kind: of the spec.
        most: how many.
    """
    return [example(x, y, labelled, kind, row) for row in spread(len(x), most)]


def example(x: Packed, y: Stored, labelled: int, kind: str, row: int) -> Example:
    """Return one example of a part."""
    labels = np.flatnonzero(y[row : row + 1]).tolist() if row < labelled else None
    if isinstance(x, StoredCsr):
        found = x[row : row + 1]
        return Example(row, labels, terms=_heaviest(found.indices, found.data), length=found.nnz)
    values = x[row : row + 1][0]
    if kind == "image" and values.ndim == 3:
        return Example(row, labels, png=picture(values))
    return Example(row, labels, values=values.reshape(-1).tolist())


def _heaviest(columns: np.ndarray, weights: np.ndarray) -> list[tuple[int, float]]:
    order = np.argsort(-weights, kind="stable")[:_TERMS]
    return [(int(columns[i]), float(weights[i])) for i in order]


def picture(values: np.ndarray) -> bytes:
    """Return an image, (C, H, W) in 0..255, as PNG no larger than needed for a contact sheet."""
    channels = len(values)
    if channels == 1:
        pixels = values[0]
    else:
        # What has two channels, or more than colours, is shown as the grey of them all.
        pixels = values[:3].transpose(1, 2, 0) if channels in (3, 4) else values.mean(0)
    image = Image.fromarray(np.ascontiguousarray(pixels).astype(np.uint8))
    image.thumbnail((_SIDE, _SIDE))
    buffer = BytesIO()
    image.save(buffer, "png", optimize=True)
    return buffer.getvalue()
