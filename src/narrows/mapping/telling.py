"""What a page says of an example that has no picture: its weightiest terms or unusual values."""

from pathlib import Path

import torch

from narrows.mapping.points import Points
from narrows.named_values import Value, value_of
from narrows.report.text import clean, number, shorten
from narrows.spec import Spec

_TERMS, _VALUES, _LONGEST = 9, 3, 40


def told(points: Points, spec: Spec, data: Path) -> list[str]:
    """Return a few words for each example; '' for images.

    Of documents these are the terms that weigh most in them; of tables, the values furthest from 0,
    which columns of numbers have as their mean.

    Args:
        points: the examples.
        spec: of them.
        data: folder of the prepared data, whose card knows columns and terms.
    """
    if spec.kind == "image":
        return [""] * len(points.x)
    of = value_of(spec, data)
    most = min(_TERMS if spec.kind == "text" else _VALUES, spec.size)
    places = torch.from_numpy(points.x).abs().topk(most, dim=1).indices.tolist()
    lines = []
    for row, chosen in zip(points.x, places, strict=True):
        pairs = [(of(place), float(row[place])) for place in chosen if row[place]]
        words = [_word(value, x, spec.kind == "text") for value, x in pairs]
        lines.append(", ".join(words))
    return lines


def _word(value: Value, x: float, is_term: bool) -> str:
    name = shorten(clean(value.name), _LONGEST)
    return name if is_term else f"{name} = {number(value.original(x), 3)}"
