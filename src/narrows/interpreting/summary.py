"""What is found about a run, in a few sentences and as JSON."""

from typing import Any

from narrows.interpreting.analysis import Analysis
from narrows.interpreting.attribution_panels import AttributionPanel
from narrows.interpreting.unit_rows import UnitRow
from narrows.report.text import clean, counted, listed, number

_NAMED = 6


def sentences(analysis: Analysis, rows: list[UnitRow]) -> list[str]:
    """Say how many units are used, and which tells most of a label."""
    return [_dimension(analysis, rows), _labels(analysis, rows)]


def _dimension(analysis: Analysis, rows: list[UnitRow]) -> str:
    dead = [row.name for row in rows if row.dead]
    told = f"{len(dead):,} of them dead ({listed(dead, _NAMED)})" if dead else "none of them dead"
    spectrum = analysis.spectrum
    return (
        f"{counted(len(rows), 'code unit')}, {told}; their effective dimension is "
        f"{number(spectrum.dimension, 3)}, and "
        f"{counted(spectrum.components, 'principal component')} "
        f"{'has' if spectrum.components == 1 else 'have'} 95 % of the variance."
    )


def _labels(analysis: Analysis, rows: list[UnitRow]) -> str:
    if analysis.association is None:
        return "Labels of the examples are not known, so that nothing is said of them."
    told = [(row.label.information, row.name, row.label) for row in rows if row.label]
    if not told:
        return "No code unit tells more of a label than of permuted labels."
    bits, name, label = max(told)
    return (
        f"{counted(len(told), 'unit')} {'tells' if len(told) == 1 else 'tell'} more of a label "
        f"than of permuted ones; {name} tells most: {number(bits, 2)} bits of “{label.name}”, "
        f"{100 * label.share:.0f} % of its entropy."
    )


def as_json(
    analysis: Analysis, rows: list[UnitRow], panels: list[AttributionPanel], source: str
) -> dict[str, Any]:
    """Return all numbers as JSON.

    Args:
        analysis: of the run.
        rows: what is told of all units.
        panels: of attributed outputs.
        source: name of the examples.
    """
    found = analysis.association
    units: list[dict[str, Any]] = [
        {"name": row.name, "mean": mean, "deviation": row.deviation, "dead": row.dead}
        for row, mean in zip(rows, analysis.train_codes.mean(0).tolist(), strict=True)
    ]
    if found is not None:
        for j, unit in enumerate(units):
            unit["correlation"] = found.correlation[j].round(6).tolist()
            unit["information_bits"] = found.information[j].round(6).tolist()
    return {
        "source": source,
        "training_examples": len(analysis.train.data),
        "examples": len(analysis.source.data),
        "effective_dimension": analysis.spectrum.dimension,
        "components_95": analysis.spectrum.components,
        "eigenvalues": analysis.spectrum.eigenvalues.tolist(),
        "hidden_layers": [layer._asdict() for layer in analysis.hidden],
        "labels": clean(analysis.module.spec.labels),
        "information_by_chance": found.chance if found else None,
        "units": units,
        "attributions": [
            {"output": clean(panel.output.name), "error": panel.error} for panel in panels
        ],
    }
