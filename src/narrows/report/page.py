"""The page that tells what a study found: one file that needs no other."""

from dataclasses import dataclass
from typing import Any

from narrows.report.figures import interval, signed
from narrows.report.plots import curves_svg, panel_name, panels
from narrows.report.tables import Comparison, Row, measure_name, method_name
from narrows.report.templates import drawing, png_uri, render

_UNPOSITIVE = "labels_without_positive"
_FILTERS = {
    "interval": interval,
    "signed": signed,
    "measure": measure_name,
    "strategy": lambda strategy: method_name(strategy, "scratch"),
    "seconds": lambda value: f"{value:,.1f}",
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
        headline=headline(comparison),
        study=study,
        card=card,
        pictures=pictures,
        figures=_figures(comparison),
        measures=_shown(comparison),
        unpositive=_labels_without_positive(comparison.rows),
        dataset=card["dataset"]["_target_"].split(".")[-2],
        options={k: v for k, v in card["dataset"].items() if k != "_target_"},
        candidates=len({(row.strategy, row.transfer) for row in comparison.rows if row.pretrained}),
    )


def headline(comparison: Comparison) -> str:
    """Return the answer in a few words, e.g. 'With 50 and 200 labels pretraining helps.'."""
    found: dict[str, list[str]] = {}
    for labels, verdict in zip(comparison.labels, comparison.verdicts, strict=True):
        found.setdefault(verdict, []).append(f"{labels:,}")
    parts = [f"with {_listed(budgets)} labels {verdict}" for verdict, budgets in found.items()]
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _figures(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each panel's heading and drawing."""
    return [
        {"name": panel_name(transfer), "svg": drawing(curves_svg(comparison, transfer))}
        for transfer in panels(comparison)
    ]


def _shown(comparison: Comparison) -> list[str]:
    """Return the measures of the table: the main one, and micro-F1."""
    measured = comparison.rows[0].measures
    return list(
        dict.fromkeys([comparison.monitor, *(["micro_f1"] if "micro_f1" in measured else [])])
    )


def _labels_without_positive(rows: list[Row]) -> int:
    counts = [row.measures[_UNPOSITIVE].mean for row in rows if _UNPOSITIVE in row.measures]
    return round(max(counts, default=0))
