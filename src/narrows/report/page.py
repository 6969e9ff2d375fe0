"""The page that tells what a study found: one file that needs no other."""

import base64
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from narrows.report.figures import interval, signed
from narrows.report.plots import curves_svg, panel_name, panels
from narrows.report.tables import Comparison, Row, measure_name, method_name

_UNPOSITIVE = "labels_without_positive"


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
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


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
    return (
        _environment()
        .get_template("template.html.j2")
        .render(
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
            candidates=len(
                {(row.strategy, row.transfer) for row in comparison.rows if row.pretrained}
            ),
        )
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


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("narrows.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "interval": interval,
        "signed": signed,
        "measure": measure_name,
        "strategy": lambda strategy: method_name(strategy, "scratch"),
        "seconds": lambda value: f"{value:,.1f}",
    }
    return environment


def _figures(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each panel's heading and drawing; the drawing is ours, so it is not escaped."""
    return [
        {"name": panel_name(transfer), "svg": Markup(curves_svg(comparison, transfer))}  # noqa: S704
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
