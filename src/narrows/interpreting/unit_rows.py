"""What is told of each code unit, in the page's table, its panels and the JSON file."""

from typing import NamedTuple

import numpy as np

from narrows.interpreting.analysis import Analysis
from narrows.report.text import clean


class Label(NamedTuple):
    """The label with which a unit has the most mutual information.

    Attributes:
        name: of it.
        information: in bits.
        share: the same as a share of the label's entropy.
        correlation: Pearson's, with the same label.
    """

    name: str
    information: float
    share: float
    correlation: float


class UnitRow(NamedTuple):
    """A code unit.

    Attributes:
        name: of it.
        deviation: standard deviation of its values.
        share: of the variance of all units.
        dead: whether it hardly varies.
        label: that it tells most of; None if labels are not known, or it tells no more than chance.
    """

    name: str
    deviation: float
    share: float
    dead: bool
    label: Label | None


def unit_rows(analysis: Analysis) -> list[UnitRow]:
    """Return a row for each unit, (m,), in the code's order."""
    variances = analysis.deviations**2
    total = float(variances.sum()) or 1.0
    return [
        UnitRow(
            name,
            float(analysis.deviations[j]),
            float(variances[j]) / total,
            bool(analysis.dead[j]),
            _label(analysis, j),
        )
        for j, name in enumerate(analysis.units)
    ]


def _label(analysis: Analysis, unit: int) -> Label | None:
    found = analysis.association
    if found is None or found.information[unit].max() <= found.chance:
        return None
    label = int(np.argmax(found.information[unit]))
    bits = float(found.information[unit, label])
    name = clean(analysis.module.spec.labels[label])
    share = bits / float(found.entropy[label])
    return Label(name, bits, share, float(found.correlation[unit, label]))
