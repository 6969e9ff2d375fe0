"""One page that says what a run has learned."""

from typing import NamedTuple

from narrows.interpreting.analysis import Analysis
from narrows.interpreting.association import BINS, PERMUTATIONS
from narrows.interpreting.attribution import STEPS
from narrows.interpreting.attribution_panels import AttributionPanel
from narrows.interpreting.filters import Filters
from narrows.interpreting.options import Baseline, Options
from narrows.interpreting.spectrum_plot import spectrum_svg
from narrows.interpreting.summary import sentences
from narrows.interpreting.traversals import QUANTILES, why_not
from narrows.interpreting.unit_panels import UnitPanel
from narrows.interpreting.unit_rows import UnitRow
from narrows.report.templates import drawing, render
from narrows.report.text import clean, number


class Content(NamedTuple):
    """What the page shows.

    Attributes:
        rows: of all code units.
        units: those that are shown one by one.
        filters: of the first layer; None if it is no linear map of the input.
        attributions: of the outputs.
        baseline: what attributions start from.
    """

    rows: list[UnitRow]
    units: list[UnitPanel]
    filters: Filters | None
    attributions: list[AttributionPanel]
    baseline: Baseline


def render_page(options: Options, source: str, analysis: Analysis, content: Content) -> str:
    """Return the page as HTML.

    Args:
        options: of the command.
        source: name of the examples.
        analysis: of the run.
        content: what is shown of it.
    """
    return render(
        "interpret.html.j2",
        {"number": number},
        model=clean(options.model.rstrip("/").split("/")[-1]),
        options=options,
        source=clean(source),
        analysis=analysis,
        spec=analysis.module.spec,
        shown=content,
        rows=[content.rows[j] for j in analysis.order],
        summary=sentences(analysis, content.rows),
        spectrum=drawing(spectrum_svg(analysis.spectrum)),
        no_traversal=why_not(analysis.module),
        quantiles=QUANTILES,
        bins=BINS,
        permutations=PERMUTATIONS,
        steps=STEPS,
    )
