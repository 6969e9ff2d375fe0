"""The page that tells what a study found: one file that needs no other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from narrows.report import wording
from narrows.report.cost_plot import Cost, cost_svg
from narrows.report.difference_plots import compared, differences_svg
from narrows.report.figures import (
    chance,
    labels_read,
    measured,
    megabytes,
    p_exact,
    p_value,
    seconds,
    signed,
)
from narrows.report.measures import grouped_measures, less_is_better, measure_name
from narrows.report.plots import curves_svg, panels
from narrows.report.rows import Row, strategy_name
from narrows.report.tables import Comparison, Pretraining
from narrows.report.templates import drawing, png_uri, render
from narrows.report.together_plot import heat_map_svg
from narrows.report.transfers import look

_UNPOSITIVE = "labels_without_positive"
# The main measure of what is trained on labels.
_LABELLED = "average_precision"


def _ends_together(write: Callable[..., str]) -> Callable[..., str]:
    """Have a line end before an interval, but not in it."""
    return lambda *given: write(*given).replace(", ", ",\xa0")


_FILTERS = {
    "measured": _ends_together(measured),
    "signed": _ends_together(signed),
    "p_value": p_value,
    "p_exact": p_exact,
    "chance": _ends_together(chance),
    "labels_saved": _ends_together(wording.labels_saved),
    "labels_read": labels_read,
    "measure": measure_name,
    "strategy": strategy_name,
    "seconds": seconds,
    "megabytes": megabytes,
    "points": lambda value: "–" if value is None else f"{value:.3f}".replace("-", "−"),
    "shift": lambda value: "–" if value is None else f"{value:+.3f}".replace("-", "−"),
    "less": less_is_better,
}


@dataclass(frozen=True)
class Picture:
    """Examples of what a strategy's pretraining does.

    Attributes:
        strategy: that was pretrained.
        rows: what the rows of the picture show, top to bottom.
        png: the picture.
    """

    strategy: str
    rows: list[str]
    png: bytes

    @property
    def uri(self) -> str:
        """The picture as a data: URI."""
        return png_uri(self.png)


def render_page(
    comparison: Comparison, study: dict[str, Any], card: dict[str, Any], pictures: list[Picture]
) -> str:
    """Return the page as HTML.

    Args:
        comparison: what was found.
        study: as it was declared.
        card: of the dataset.
        pictures: of the pretrained strategies.
    """
    return render(
        "study.html.j2",
        _FILTERS,
        comparison=comparison,
        words=wording,
        study=study,
        card=card,
        pictures=pictures,
        tuned=_tuned(comparison.rows),
        figures=_figures(comparison),
        differences=_differences(comparison),
        tested_seeds=_tested_seeds(comparison.rows),
        costs=_costs(comparison),
        heat_maps=_heat_maps(comparison),
        groups=grouped_measures(comparison.rows[0].measures) if comparison.rows else [],
        measures=_shown(comparison.monitor, comparison.rows[0].measures) if comparison.rows else [],
        pretraining=_pretraining(comparison.pretraining),
        learned=len(comparison.per_label.rows if comparison.per_label else card["spec"]["labels"]),
        unpositive=_labels_without_positive(comparison.rows),
        dataset=card["dataset"]["_target_"].split(".")[-2],
        options={k: v for k, v in card["dataset"].items() if k != "_target_"},
    )


def _figures(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each panel's heading and drawing."""
    return [
        {"name": look(transfer).heading, "svg": drawing(curves_svg(comparison, transfer))}
        for transfer in (panels(comparison) if comparison.rows else [])
    ]


def _differences(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each label budget's heading and drawing."""
    if not compared(comparison):
        return []
    return [
        {"name": f"{labels:,} labels", "svg": drawing(differences_svg(comparison, labels))}
        for labels in comparison.labels
    ]


def _costs(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each kind of cost and its drawing; memory is drawn if it is known of a method."""
    if not comparison.rows:
        return []
    costs: list[Cost] = ["seconds", "weights"]
    if any(row.memory is not None for row in comparison.at(comparison.labels[-1])):
        costs.append("memory")
    return [{"name": cost, "svg": drawing(cost_svg(comparison, cost))} for cost in costs]


def _heat_maps(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each heat map's heading and drawing."""
    found = comparison.together
    if found is None:
        return []
    return [{"name": it.name, "svg": drawing(heat_map_svg(found, it))} for it in found.maps]


def _tested_seeds(rows: list[Row]) -> int:
    """Return how many seeds a test has at most; 0 without one."""
    tested = (row.against for row in rows if row.against and row.against.p_holm is not None)
    return max((against.mean.seeds for against in tested), default=0)


def _shown(monitor: str, measured: Iterable[str]) -> list[str]:
    """Return the measures of the table: the main one, and micro-F1."""
    return list(dict.fromkeys([monitor, *(["micro_f1"] if "micro_f1" in measured else [])]))


def _pretraining(rows: list[Pretraining]) -> list[tuple[list[str], list[Pretraining]]]:
    """Return the strategies in groups that have the same measures, with those to show.

    Of labels there are too many for a table: those of the table of results are shown.
    """
    groups: dict[tuple[str, ...], list[Pretraining]] = {}
    for row in rows:
        groups.setdefault(tuple(row.measures), []).append(row)
    return [
        (_shown(_LABELLED, names) if _LABELLED in names else list(names), group)
        for names, group in groups.items()
    ]


def _tuned(rows: list[Row]) -> dict[str, dict[int, str]]:
    """Return what was chosen for each method that was tuned, by label budget."""
    found: dict[str, dict[int, str]] = {}
    for row in rows:
        if row.choice:
            found.setdefault(row.name, {})[row.labels] = row.choice
    return found


def _labels_without_positive(rows: list[Row]) -> int:
    counts = [row.measures[_UNPOSITIVE].mean for row in rows if _UNPOSITIVE in row.measures]
    return round(max(counts, default=0))
