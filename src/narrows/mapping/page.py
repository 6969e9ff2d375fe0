"""One page with all maps: what each point is, which label is where, and what maps are worth."""

import base64
from typing import Any, NamedTuple

import numpy as np

from narrows.mapping.classes import Classes
from narrows.mapping.frame import Frame
from narrows.mapping.maps import Codes
from narrows.mapping.measures import NEIGHBOURS, Measured
from narrows.mapping.options import Options
from narrows.mapping.plot import look
from narrows.mapping.points import Points
from narrows.mapping.retrieval import COUNTS
from narrows.mapping.sprites import is_pictured, sheet_of
from narrows.report.templates import render
from narrows.report.text import clean, number, shorten

# Labels of one point that are named, and how long their names may be.
_LABELS, _LONGEST = 6, 40


class Drawn(NamedTuple):
    """What a page draws.

    Attributes:
        maps: of two numbers each.
        old: training examples.
        new: others.
        told: a few words for each, old ones first.
        labels: names of all.
        classes: those that have a colour.
    """

    maps: list[Codes]
    old: Points
    new: Points
    told: list[str]
    labels: tuple[str, ...]
    classes: Classes


def render_page(model: str, drawn: Drawn, measured: list[Measured], options: Options) -> str:
    """Return the page as HTML.

    Args:
        model: name of the run.
        drawn: the maps and their points.
        measured: what each is worth.
        options: of the command.
    """
    counts = [count for count in COUNTS if any(count in row.precision for row in measured)]
    return render(
        "map.html.j2",
        {"number": number},
        model=clean(model),
        old=len(drawn.old.z),
        new=len(drawn.new.z),
        source=clean(drawn.new.source),
        maps=[one.name for one in drawn.maps],
        measured=measured,
        counts=counts,
        options=options,
        neighbours=NEIGHBOURS,
        data=_data(drawn),
    )


def _data(drawn: Drawn) -> dict[str, Any]:
    """Return what the page's script is given."""
    parts = [drawn.old, drawn.new]
    sheet = None
    if all(is_pictured(part.examples) for part in parts):
        sheet = sheet_of([part.examples for part in parts])._asdict()
    looks = [look(place) for place in range(-1, len(drawn.classes.names))]
    return {
        "maps": [_places(one) for one in drawn.maps],
        "old": len(drawn.old.z),
        "parts": [_part(part) for part in parts],
        "classes": clean([shorten(name, _LONGEST) for name in drawn.classes.names]),
        "looks": [[shape == "D", colour] for shape, colour in looks],
        "of": np.concatenate([drawn.classes.of(part) for part in parts]).tolist(),
        "labels": clean([shorten(name, _LONGEST) for name in drawn.labels]),
        "own": [own for part in parts for own in _own(part)],
        "told": drawn.told,
        "sheet": sheet,
    }


def _places(one: Codes) -> str:
    """Return places of old and new points as base64 of float32: to the right, and down."""
    inside = Frame.of(one.old).inside(np.concatenate([one.old, one.new]))
    inside[:, 1] = 1 - inside[:, 1]
    return base64.b64encode(inside.astype("<f4").tobytes()).decode()


def _part(points: Points) -> dict[str, Any]:
    return {
        "source": clean(points.source),
        "kind": points.kind,
        "names": [clean(name) for name in points.names],
    }


def _own(points: Points) -> list[list[int]]:
    """Return the numbers of each point's labels."""
    if points.labels is None:
        return [[] for _ in points.names]
    return [np.flatnonzero(row)[:_LABELS].tolist() for row in points.labels]
