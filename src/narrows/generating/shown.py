"""What the page shows of new examples: each beside its nearest training example."""

from io import BytesIO
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from narrows.generating.generator import Generator
from narrows.generating.measuring import Drawn, Found
from narrows.generating.options import Way
from narrows.generating.originals import fields_of, rows_of, terms_of
from narrows.loading import PackedDataset
from narrows.packing import read_card
from narrows.pictures import sheet, to_bytes
from narrows.report.data_samples import picture
from narrows.report.templates import png_uri
from narrows.report.text import clean, number

# Of each way: the first ones, and of all those that are nearest to a training example.
_FIRST, _CLOSEST = 8, 4
_COLUMNS, _TERMS = 10, 8
_PATHS, _STEPS = 6, 9


class Pair(NamedTuple):
    """A new example and its nearest training example.

    Attributes:
        sample: its number, from 0.
        row: of the training part, from 0.
        distance: of the two, in the space of features.
        copy: whether that is less than is usual.
        values: of both, as text: a table's row or a document's terms; pictures as data: URIs.
    """

    sample: int
    row: int
    distance: float
    copy: bool
    values: tuple[list[str], list[str]]


class Shown(NamedTuple):
    """What the page has of one way.

    Attributes:
        first: the first ones that were drawn.
        closest: those nearest to a training example.
    """

    first: list[Pair]
    closest: list[Pair]


def headings(generator: Generator) -> list[str]:
    """Return the columns of a table that are shown; none for other examples."""
    if generator.module.spec.kind != "table":
        return []
    fields = fields_of(generator.module.spec, generator.data)[:_COLUMNS]
    return [clean(field.name) for field in fields]


def shown(generator: Generator, found: Found, way: Way) -> Shown:
    """Return what the page shows of a way."""
    drawn = found.drawn[way]
    closest = np.argsort(drawn.nearest.distances, kind="stable")[:_CLOSEST]
    first = np.arange(min(_FIRST, len(drawn.codes)))
    return Shown(*(_pairs(generator, drawn, rows, found.threshold) for rows in (first, closest)))


def _pairs(generator: Generator, drawn: Drawn, rows: np.ndarray, threshold: float) -> list[Pair]:
    train = PackedDataset.open(generator.data, "train")
    nearest = drawn.nearest.rows[rows]
    made = torch.cat(list(generator.decode(drawn.codes[torch.from_numpy(rows)])))
    known = train.subset(torch.from_numpy(nearest))
    values = [_values(generator, x) for x in (made, torch.cat([b.x for b in known.batches()]))]
    return [
        Pair(int(sample), int(row), float(distance), bool(distance <= threshold), both)
        for sample, row, distance, both in zip(
            rows, nearest, drawn.nearest.distances[rows], zip(*values, strict=True), strict=True
        )
    ]


def _values(generator: Generator, x: Tensor) -> list[list[str]]:
    """Return each example, (n, *shape), as text."""
    spec = generator.module.spec
    if spec.kind == "image":
        return [[png_uri(picture(p))] for p in x.clamp(0, 1).mul(255).round().byte().numpy()]
    if spec.kind == "text":
        vocabulary = read_card(generator.data)["facts"]["vocabulary"]
        return [
            [
                clean(", ".join(f"{t} {number(w, 2)}" for t, w in list(terms.items())[:_TERMS]))
                or "–"
            ]
            for terms in terms_of(vocabulary, x.numpy())
        ]
    fields = fields_of(spec, generator.data)[:_COLUMNS]
    return [[_text(value) for value in row] for row in rows_of(fields, x.flatten(1).numpy())]


def _text(value: object) -> str:
    if value is None:
        return "–"
    return number(value, 3) if isinstance(value, float) else clean(str(value))


def paths(generator: Generator, seed: int) -> str | None:
    """Draw what is decoded along straight lines between codes of two training examples.

    Returns:
        A PNG picture as a data: URI, a line from left to right in each row; None if examples are
        no pictures.
    """
    spec = generator.module.spec
    if spec.kind != "image" or spec.shape[0] not in (1, 3):
        return None
    rng = np.random.default_rng(seed)
    ends = torch.from_numpy(generator.codes[rng.integers(len(generator.codes), size=(2, _PATHS))])
    t = torch.linspace(0, 1, _STEPS)[:, None, None]
    codes = ((1 - t) * ends[0] + t * ends[1]).transpose(0, 1)
    rows = [to_bytes(torch.cat(list(generator.decode(line)))) for line in codes]
    file = BytesIO()
    sheet(rows, scale=max(1, 84 // spec.shape[1])).save(file, "PNG")
    return png_uri(file.getvalue())
