"""Differences to scratch: a dot for each seed, with mean and interval."""

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from narrows.report.measures import measure_name
from narrows.report.plots import hues
from narrows.report.rows import Against, Row
from narrows.report.svg import DARK, PANEL, SMALL, TEXT, frame, nothing, svg, write_png
from narrows.report.tables import Comparison

# Inches for a method; in those, where its dots and its mean stand.
_LINE, _DOTS, _MEAN = 0.36, -0.2, 0.14
# Dots are moved up and down a little, so that equal ones do not cover each other.
_SPREAD = 0.06


def differences_svg(comparison: Comparison, labels: int) -> str:
    """Draw one label budget as SVG to stand in a page: it takes the page's colour of text."""
    return svg(_figure(comparison, [labels], TEXT), f"differences {labels}")


def write_differences_png(path: Path, comparison: Comparison) -> None:
    """Draw all label budgets, dark on white, as a PNG file; without a run, the headline."""
    drawn = _figure(comparison, comparison.labels, DARK) if comparison.rows else None
    write_png(path, drawn or nothing(comparison.headline))


def compared(comparison: Comparison) -> bool:
    """Return whether there is anything to draw."""
    return any(row.against for row in comparison.rows)


def _figure(comparison: Comparison, budgets: list[int], colour: str) -> Figure:
    names = list(dict.fromkeys(row.name for row in comparison.rows if row.against))
    width, height = PANEL[0], 0.9 + _LINE * len(names)
    figure = Figure(figsize=(1.2 + (width - 1.2) * len(budgets), height), layout="constrained")
    axes = figure.subplots(1, len(budgets), sharex=True, sharey=True, squeeze=False)[0]
    for ax, labels in zip(axes, budgets, strict=True):
        _panel(ax, comparison, labels, names, colour)
        if len(budgets) > 1:
            ax.set_title(f"{labels:,} labels", color=colour)
    name = f"difference in {measure_name(comparison.monitor)}"
    if len(budgets) == 1:
        axes[0].set_xlabel(name, color=colour)
    else:
        figure.supxlabel(name, color=colour, fontsize=10)
    return figure


def _panel(ax: Axes, comparison: Comparison, labels: int, names: list[str], colour: str) -> None:
    looks = hues(comparison, colour)
    ax.axvline(0, color=colour, lw=1)
    for row in comparison.at(labels):
        if row.against is not None:
            _line(ax, names.index(row.name), row, row.against, *looks[row.strategy])
    ax.set_yticks(range(len(names)), names, fontsize=SMALL)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(*_limits(comparison))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    frame(ax, colour, grid="x")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _line(ax: Axes, place: int, row: Row, against: Against, hue: str, marker: str) -> None:
    """Draw one method: seeds above their mean, which is filled where a difference is shown."""
    seeds = list(against.by_seed.values())
    heights = [place + _DOTS + _SPREAD * (-1) ** number for number in range(len(seeds))]
    ax.plot(seeds, heights, "o", color=hue, alpha=0.6, ms=3.6, mew=0)
    ax.errorbar(
        against.mean.mean,
        place + _MEAN,
        xerr=against.mean.half_width,
        color=hue,
        marker=marker,
        mfc=hue if row.clear else "none",
        ms=6,
        mew=1.4,
        capsize=3,
        lw=1.6,
    )


def _limits(comparison: Comparison) -> tuple[float, float]:
    """Return the range of all dots and intervals and of zero, so that panels can be compared."""
    ends = [0.0]
    for row in comparison.rows:
        if row.against is not None:
            mean = row.against.mean
            ends += [*row.against.by_seed.values(), *(e for e in (mean.low, mean.high) if e)]
    finite = [end for end in ends if math.isfinite(end)]
    margin = 0.05 * (max(finite) - min(finite)) or 0.05
    return min(finite) - margin, max(finite) + margin
