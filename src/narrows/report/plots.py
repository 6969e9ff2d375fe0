"""Learning curves, for the page and as a file."""

import math
from collections.abc import Iterable
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from narrows.report.figures import error_bars
from narrows.report.measures import measure_name, within_range
from narrows.report.rows import Row
from narrows.report.svg import DARK, HUES, PANEL, SMALL, TEXT, frame, nothing, svg, write_png
from narrows.report.tables import Comparison
from narrows.report.transfers import look
from narrows.study.declaration import SCRATCH

# Of which each can be half filled.
_MARKERS = ("o", "s", "D", "^", "v", "p", "<", "*", ">", "P")
_SCRATCH_MARKER = "h"


def panels(comparison: Comparison) -> list[str]:
    """Return the transfers that the curves are drawn for, one panel each."""
    found = dict.fromkeys(row.transfer for row in comparison.rows if row.pretrained)
    return list(found) or [SCRATCH]


def curves_svg(comparison: Comparison, transfer: str) -> str:
    """Draw one panel as SVG to stand in a page: it takes the page's colour of text."""
    return svg(_figure(comparison, [transfer], TEXT), transfer)


def write_curves_png(path: Path, comparison: Comparison) -> None:
    """Draw all panels, dark on white, as a PNG file; without a run, what the headline says."""
    drawn = _figure(comparison, panels(comparison), DARK) if comparison.rows else None
    write_png(path, drawn or nothing(comparison.headline))


def _figure(comparison: Comparison, transfers: list[str], colour: str) -> Figure:
    width, height = PANEL
    figure = Figure(figsize=(width * len(transfers), height), layout="constrained")
    axes = figure.subplots(1, len(transfers), sharey=True, squeeze=False)[0]
    for ax, transfer in zip(axes, transfers, strict=True):
        _panel(ax, comparison, transfer, colour)
        if len(transfers) > 1:
            ax.set_title(look(transfer).heading, color=colour)
    axes[0].set_ylabel(measure_name(comparison.monitor), color=colour)
    _legend(figure, axes, colour)
    return figure


def _legend(figure: Figure, axes: Iterable[Axes], colour: str) -> None:
    """Name each method once, below all panels."""
    found = {}
    for ax in axes:
        handles, names = ax.get_legend_handles_labels()
        found |= dict(zip(names, handles, strict=True))
    figure.legend(
        found.values(),
        found.keys(),
        loc="outside lower center",
        ncols=2 * len(figure.axes),
        frameon=False,
        fontsize=SMALL,
        handlelength=2.4,
        columnspacing=1.2,
        labelcolor=colour,
    )


def _panel(ax: Axes, comparison: Comparison, transfer: str, colour: str) -> None:
    curves = _curves(comparison, transfer)
    looks = hues(comparison, colour)
    for number, (name, rows) in enumerate(curves.items()):
        # Side by side, so that intervals at one budget do not cover each other.
        shift = 1.025 ** (number - (len(curves) - 1) / 2)
        hue, marker = looks[rows[0].strategy]
        style = "-" if rows[0].pretrained else "--"
        _curve(ax, rows, comparison.monitor, shift, label=name, color=hue, marker=marker, ls=style)
    _frame(ax, comparison, colour)


def _curves(comparison: Comparison, transfer: str) -> dict[str, list[Row]]:
    """Return the rows of each method in a panel: what the study compares with is in each."""
    found: dict[str, list[Row]] = {}
    for row in comparison.rows:
        if row.transfer == transfer or not row.pretrained:
            found.setdefault(row.name, []).append(row)
    return found


def hues(comparison: Comparison, colour: str) -> dict[str, tuple[str, str]]:
    """Return a colour and a marker for each strategy, the same in all plots of a study.

    No two have the same marker, while there are enough of these, and so do not differ by colour
    alone; with more strategies than colours, these come again with other markers.

    Args:
        comparison: of the study.
        colour: of text and axes, and of scratch.
    """
    ordered = sorted(comparison.rows, key=lambda row: not row.pretrained)
    strategies = dict.fromkeys(row.strategy for row in ordered if row.strategy != SCRATCH)
    n = len(HUES)
    looks = {
        name: (HUES[number % n], _MARKERS[(number + number // n) % n])
        for number, name in enumerate(strategies)
    }
    return {SCRATCH: (colour, _SCRATCH_MARKER), **looks}


def _curve(
    ax: Axes, rows: list[Row], monitor: str, shift: float, *, label: str, color: str, **look: str
) -> None:
    values = [within_range(row.measures[monitor], monitor) for row in rows]
    ax.errorbar(
        [row.labels * shift for row in rows],
        [value.mean for value in values],
        yerr=list(zip(*map(error_bars, values), strict=True)),
        label=label,
        color=color,
        capsize=2.5,
        lw=1.6,
        elinewidth=1.1,
        ms=5.5,
        **look,  # type: ignore[arg-type]
    )


def _frame(ax: Axes, comparison: Comparison, colour: str) -> None:
    budgets = comparison.labels
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(budgets))
    ax.xaxis.set_major_formatter(FixedFormatter([f"{labels:,}" for labels in budgets]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(budgets[0] / 1.25, budgets[-1] * 1.25)
    ax.set_ylim(*_limits(comparison))
    ax.set_xlabel("labelled examples", color=colour)
    frame(ax, colour)


def _limits(comparison: Comparison) -> tuple[float, float]:
    """Return the range of all methods' intervals, so that panels can be compared."""
    monitor = comparison.monitor
    values = [within_range(row.measures[monitor], monitor) for row in comparison.rows]
    bars = [(value.mean, *error_bars(value)) for value in values]
    ends = [end for mean, below, above in bars for end in (mean - below, mean + above)]
    finite = [end for end in ends if math.isfinite(end)] or [0.0, 1.0]
    margin = 0.05 * (max(finite) - min(finite)) or 0.05
    return min(finite) - margin, max(finite) + margin
