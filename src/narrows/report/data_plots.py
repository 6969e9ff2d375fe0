"""Plots of a data set's page. No text in them comes from the data: names stand in the page."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, MaxNLocator

from narrows.report.data_tables import DataSummary
from narrows.report.data_values import Histogram
from narrows.report.svg import COLOURS, PANEL, SMALL, TEXT, frame, svg

# Bars of which the highest is this many times the median one are drawn on a logarithmic scale.
_STEEP, _LARGE = 30, 10_000


def histogram_svg(histogram: Histogram) -> str:
    """Draw how often values lie where."""
    figure, ax = _axes()
    counts = np.array(histogram.counts, float)
    logarithmic = _is_steep(counts)
    # A logarithm has no zero: bars begin well below the lowest one.
    floor = counts[counts > 0].min() / 3 if logarithmic else 0
    heights = np.maximum(counts, floor)
    ax.stairs(heights, histogram.edges, baseline=floor, fill=True, color=COLOURS[0])
    _counts_axis(ax, logarithmic)
    ax.set_xlabel(histogram.title, color=TEXT)
    if max(map(abs, histogram.edges)) >= _LARGE:
        ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.margins(x=0.01)
    return svg(figure, histogram.title)


def cardinality_svg(summary: DataSummary) -> str:
    """Draw what share of each part's labelled examples has 0, 1, 2, … labels."""
    figure, ax = _axes()
    parts = [part for part in summary.parts if part.labelled]
    width = 0.8 / max(1, len(parts))
    for number, part in enumerate(parts):
        shares = 100 * np.array(part.of_example) / part.labelled
        places = np.arange(len(shares)) + (number - (len(parts) - 1) / 2) * width
        ax.bar(places, shares, width, color=COLOURS[number % len(COLOURS)], label=part.name)
    ax.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    ax.set_xlabel("labels of an example", color=TEXT)
    ax.set_ylabel("% of the part’s labelled examples", color=TEXT)
    _legend(figure, len(parts))
    return svg(figure, "cardinality")


def ranks_svg(summary: DataSummary) -> str:
    """Draw how often labels occur, the commonest first, on a logarithmic scale."""
    figure, ax = _axes()
    parts = [part for part in summary.parts if part.labelled]
    for number, part in enumerate(parts):
        counts = np.sort(part.positives)[::-1]
        counts = counts[counts > 0]
        ax.plot(np.arange(1, len(counts) + 1), counts, color=COLOURS[number], label=part.name, lw=2)
    ax.set_xlabel("rank of the label", color=TEXT)
    _counts_axis(ax, logarithmic=True)
    ax.set_ylim(bottom=0.8)
    ax.set_xlim(left=0)
    _legend(figure, len(parts))
    return svg(figure, "ranks")


def _axes() -> tuple[Figure, Axes]:
    width, height = PANEL
    figure = Figure(figsize=(width, height * 0.8), layout="constrained")
    ax = figure.subplots()
    frame(ax, TEXT)
    return figure, ax


def _legend(figure: Figure, parts: int) -> None:
    """Name the parts above the axes, where no bar can be."""
    if parts > 1:
        figure.legend(
            loc="outside upper right", ncols=parts, frameon=False, labelcolor=TEXT, fontsize=SMALL
        )


def _is_steep(counts: Sequence[float] | np.ndarray) -> bool:
    positive = np.array([count for count in counts if count > 0])
    return bool(len(positive) > 1 and positive.max() > _STEEP * np.median(positive))


def _counts_axis(ax: Axes, logarithmic: bool) -> None:
    if logarithmic:
        ax.set_yscale("log")
        ax.minorticks_off()
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: EngFormatter(sep="")(value)))
    else:
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.yaxis.set_major_formatter(EngFormatter(sep=""))
    ax.set_ylabel("count", color=TEXT)
