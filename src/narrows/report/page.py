"""The page that tells what a study found: one file that needs no other."""

from dataclasses import dataclass
from typing import Any

from narrows.report.cost_plot import Cost, cost_svg
from narrows.report.difference_plots import compared, differences_svg
from narrows.report.figures import chance, interval, labels_read, megabytes, p_value, saved, signed
from narrows.report.measures import grouped_measures, less_is_better, measure_name
from narrows.report.plots import curves_svg, panel_name, panels
from narrows.report.rows import Row, strategy_name
from narrows.report.tables import Comparison
from narrows.report.templates import drawing, png_uri, render
from narrows.report.together_plot import heat_map_svg

_UNPOSITIVE = "labels_without_positive"
_FILTERS = {
    "interval": interval,
    "signed": signed,
    "p_value": p_value,
    "chance": chance,
    "saved": saved,
    "labels_read": labels_read,
    "measure": measure_name,
    "strategy": strategy_name,
    "seconds": lambda value: f"{value:,.1f}",
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
        study=study,
        card=card,
        pictures=pictures,
        tuned=_tuned(comparison.rows),
        figures=_figures(comparison),
        differences=_differences(comparison),
        flips=_least_flips(comparison.rows),
        costs=_costs(comparison),
        heat_maps=_heat_maps(comparison),
        groups=grouped_measures(comparison.rows[0].measures),
        measures=_shown(comparison),
        unpositive=_labels_without_positive(comparison.rows),
        dataset=card["dataset"]["_target_"].split(".")[-2],
        options={k: v for k, v in card["dataset"].items() if k != "_target_"},
        candidates=len({(row.strategy, row.transfer) for row in comparison.rows if row.pretrained}),
    )


def _figures(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each panel's heading and drawing."""
    return [
        {"name": panel_name(transfer), "svg": drawing(curves_svg(comparison, transfer))}
        for transfer in panels(comparison)
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


def _least_flips(rows: list[Row]) -> float | None:
    """Return the smallest p that the permutation test can give; None without one."""
    seeds = [
        row.against.mean.seeds for row in rows if row.against and row.against.p_holm is not None
    ]
    return 2 / 2 ** max(seeds) if seeds else None


def _shown(comparison: Comparison) -> list[str]:
    """Return the measures of the table: the main one, and micro-F1."""
    measured = comparison.rows[0].measures
    return list(
        dict.fromkeys([comparison.monitor, *(["micro_f1"] if "micro_f1" in measured else [])])
    )


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
