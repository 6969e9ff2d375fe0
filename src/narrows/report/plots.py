"""Learning curves, for the page and as a file."""

import math
import re
from collections.abc import Iterable
from io import BytesIO, StringIO
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from narrows.files import write_with
from narrows.report.tables import SCRATCH, Comparison, Row, measure_name

# Told apart by people with any colour vision, and at least 3:1 on white and on near-black.
_COLOURS = ("#3b8bd0", "#d55e00", "#0a9b74", "#c06a9c", "#a87f00")
_MARKERS = ("o", "s", "D", "^", "v")
# Stands for the colour of the text around the picture.
_TEXT = "#010203"
_PANEL = (4.6, 3.9)
_PANEL_NAMES = {"frozen": "frozen encoder", "finetune": "fine-tuned encoder"}


def panels(comparison: Comparison) -> list[str]:
    """Return the transfers that the curves are drawn for, one panel each."""
    found = dict.fromkeys(row.transfer for row in comparison.rows if row.pretrained)
    return list(found) or [SCRATCH]


def panel_name(transfer: str) -> str:
    """Return a panel's heading, e.g. 'frozen encoder'."""
    return _PANEL_NAMES.get(transfer, transfer)


def curves_svg(comparison: Comparison, transfer: str) -> str:
    """Draw one panel as SVG to stand in a page: it takes the page's colour of text."""
    # The salt makes ids the same in each drawing, and different in the panels of one page.
    with matplotlib.rc_context({"svg.hashsalt": f"narrows {transfer}", "svg.fonttype": "none"}):
        figure = _figure(comparison, [transfer], _TEXT)
        buffer = StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    # Namespaces are no part of HTML, and the groups' ids would be twice in one page.
    svg = re.sub(r'<g id="[^"]*"', "<g", re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg))
    return svg.replace(_TEXT, "currentColor").replace("xlink:href", "href")


def write_curves_png(path: Path, comparison: Comparison) -> None:
    """Draw all panels, dark on white, as a PNG file."""
    figure = _figure(comparison, panels(comparison), "#1a1a1a")
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    write_with(path, lambda temporary: temporary.write_bytes(buffer.getvalue()))


def _figure(comparison: Comparison, transfers: list[str], colour: str) -> Figure:
    width, height = _PANEL
    figure = Figure(figsize=(width * len(transfers), height), layout="constrained")
    axes = figure.subplots(1, len(transfers), sharey=True, squeeze=False)[0]
    for ax, transfer in zip(axes, transfers, strict=True):
        _panel(ax, comparison, transfer, colour)
        if len(transfers) > 1:
            ax.set_title(panel_name(transfer), color=colour)
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
        fontsize=8.5,
        handlelength=2.4,
        columnspacing=1.2,
        labelcolor=colour,
    )


def _panel(ax: Axes, comparison: Comparison, transfer: str, colour: str) -> None:
    curves = _curves(comparison, transfer)
    hues = _hues(comparison)
    for number, (name, rows) in enumerate(curves.items()):
        # Side by side, so that intervals at one budget do not cover each other.
        shift = 1.025 ** (number - (len(curves) - 1) / 2)
        hue, marker = hues.get(rows[0].strategy, (colour, "x"))
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


def _hues(comparison: Comparison) -> dict[str, tuple[str, str]]:
    """Return a colour and a marker for each strategy but scratch, the same in all panels."""
    ordered = sorted(comparison.rows, key=lambda row: not row.pretrained)
    strategies = dict.fromkeys(row.strategy for row in ordered if row.strategy != SCRATCH)
    pairs = list(zip(_COLOURS, _MARKERS, strict=True))
    return {name: pairs[number % len(pairs)] for number, name in enumerate(strategies)}


def _curve(
    ax: Axes, rows: list[Row], monitor: str, shift: float, *, label: str, color: str, **look: str
) -> None:
    values = [row.measures[monitor] for row in rows]
    ax.errorbar(
        [row.labels * shift for row in rows],
        [value.mean for value in values],
        yerr=[value.half_width or 0.0 for value in values],
        label=label,
        color=color,
        capsize=2.5,
        lw=1.6,
        elinewidth=1.1,
        ms=4.5,
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
    ax.tick_params(colors=colour)
    ax.grid(axis="y", color=colour, alpha=0.15, lw=0.8)
    ax.set_axisbelow(True)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colour)


def _limits(comparison: Comparison) -> tuple[float, float]:
    """Return the range of all methods' intervals, so that panels can be compared."""
    values = [row.measures[comparison.monitor] for row in comparison.rows]
    ends = [value.mean + sign * (value.half_width or 0) for value in values for sign in (-1, 1)]
    finite = [end for end in ends if math.isfinite(end)] or [0.0, 1.0]
    margin = 0.05 * (max(finite) - min(finite)) or 0.05
    return min(finite) - margin, max(finite) + margin
