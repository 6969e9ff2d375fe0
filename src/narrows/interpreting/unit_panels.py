"""A panel for each code unit: its traversal, and the examples that activate it most and least."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from narrows.interpreting.analysis import Analysis
from narrows.interpreting.formatting import Formatter, ShownExample
from narrows.interpreting.images import image_png
from narrows.interpreting.traversals import QUANTILES, most_changed, traverse, why_not
from narrows.interpreting.unit_rows import UnitRow
from narrows.progress import Display
from narrows.report.text import number

# Examples with the largest, and as many with the smallest values; values of a traversal that are
# told.
_PICTURES, _LISTED, _CHANGED = 6, 4, 6
# Of the quantiles: the first, the middle and the last.
_TOLD = [0, len(QUANTILES) // 2, -1]


class Step(NamedTuple):
    """One step of a traversal: the quantile, the unit's value there, and what is decoded."""

    quantile: str
    value: str
    picture: str


class Change(NamedTuple):
    """A value that is decoded: its name, and what it is at some quantiles of the unit."""

    name: str
    at: list[str]


class UnitPanel(NamedTuple):
    """What the page shows of a code unit.

    Attributes:
        row: what is told of it in the table.
        steps: of its traversal, where pictures are decoded.
        changes: along its traversal, where other values are.
        largest: examples with the largest values, and theirs.
        smallest: those with the smallest.
    """

    row: UnitRow
    steps: list[Step]
    changes: list[Change]
    largest: list[tuple[str, ShownExample]]
    smallest: list[tuple[str, ShownExample]]


def make_unit_panels(
    analysis: Analysis, rows: list[UnitRow], formatter: Formatter, start: Tensor, most: int
) -> list[UnitPanel]:
    """Return panels of the units that vary most and are not dead.

    Args:
        analysis: of the run.
        rows: what is told of all units.
        formatter: of examples.
        start: the code that traversals start from, (m,).
        most: how many panels.
    """
    alive = [j for j in analysis.order if not analysis.dead[j]][:most]
    panels = list[UnitPanel]()
    with Display("code units", len(alive), "units") as bar:
        for unit in alive:
            steps, changes = _traversal(analysis, formatter, start, unit)
            examples = _extremes(analysis, formatter, unit)
            panels.append(UnitPanel(rows[unit], steps, changes, *examples))
            bar.show(len(panels))
    return panels


def _extremes(
    analysis: Analysis, formatter: Formatter, unit: int
) -> tuple[list[tuple[str, ShownExample]], list[tuple[str, ShownExample]]]:
    """Return the examples with the largest and with the smallest values of a unit."""
    values = analysis.codes[:, unit]
    order = np.argsort(values, kind="stable")
    few = _PICTURES if formatter.spec.kind == "image" else _LISTED
    largest, smallest = (
        [(number(float(values[i]), 3), formatter.example(analysis.source, i)) for i in end.tolist()]
        for end in (order[::-1][:few], order[:few])
    )
    return largest, smallest


def _traversal(
    analysis: Analysis, formatter: Formatter, start: Tensor, unit: int
) -> tuple[list[Step], list[Change]]:
    if why_not(analysis.module):
        return [], []
    values, outputs = traverse(analysis, start, unit)
    if formatter.spec.kind == "image":
        told = zip(QUANTILES, values.tolist(), outputs, strict=True)
        return [Step(f"{q} %", number(value, 2), image_png(x)) for q, value, x in told], []
    return [], [
        Change(
            formatter.name(place),
            [formatter.value(place, float(x[place])) for x in outputs[_TOLD]],
        )
        for place in most_changed(outputs, _CHANGED)
    ]
