"""The critical-difference plot: average ranks of methods over data sets (Demšar 2006)."""

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from narrows.report.svg import DARK, TEXT, svg, write_png
from narrows.study.ranks import Ranks

# Inches: the line of ranks, a line of text, a letter.
_AXIS, _LINE, _LETTER = 3.2, 0.25, 0.073
# In lines below the axis: the first bar, the step from bar to bar, a name below the last bar.
_FIRST_BAR, _BAR_STEP, _FIRST_NAME = 0.75, 0.5, 0.9


def ranks_svg(ranks: Ranks, name: str = "") -> str:
    """Draw the plot as SVG to stand in a page: it takes the page's colour of text."""
    return svg(_figure(ranks, TEXT), f"ranks {name} {' '.join(ranks.ranks)}")


def write_ranks_png(path: Path, ranks: Ranks) -> None:
    """Draw the plot, dark on white, as a PNG file."""
    write_png(path, _figure(ranks, DARK))


def _figure(ranks: Ranks, colour: str) -> Figure:
    """Draw ranks on a line, best to the left; bars join methods that are not shown to differ."""
    k = len(ranks.ranks)
    depth = _FIRST_BAR + _BAR_STEP * len(ranks.cliques) + _FIRST_NAME + (k + 1) // 2
    top = 3.4
    room = 0.75 + _LETTER * max(map(len, ranks.ranks))
    figure = Figure(figsize=(_AXIS + 2 * room, _LINE * (top + depth)))
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set_axis_off()
    side = room * (k - 1) / _AXIS
    ax.set_xlim(1 - side, k + side)
    ax.set_ylim(-depth, top)
    _axis(ax, k, colour)
    _critical_difference(ax, ranks, colour)
    _bars(ax, ranks, colour)
    _names(ax, ranks, colour)
    return figure


def _axis(ax: Axes, k: int, colour: str) -> None:
    ax.plot([1, k], [0, 0], color=colour, lw=1.2)
    step = max(1, math.ceil(k / 12))
    for rank in range(1, k + 1):
        ax.plot([rank, rank], [0, 0.35], color=colour, lw=1.2)
        if (rank - 1) % step == 0:
            ax.text(rank, 0.5, f"{rank}", color=colour, ha="center", va="bottom", fontsize=9)


def _critical_difference(ax: Axes, ranks: Ranks, colour: str) -> None:
    """Draw the length from which on ranks differ, above the axis."""
    length, height = ranks.critical_difference, 2.05
    ax.plot([1, 1 + length], [height, height], color=colour, lw=1.2)
    for end in (1, 1 + length):
        ax.plot([end, end], [height - 0.2, height + 0.2], color=colour, lw=1.2)
    text = f"critical difference {length:.2f}"
    ax.text(1, height + 0.35, text, color=colour, fontsize=9)


def _bars(ax: Axes, ranks: Ranks, colour: str) -> None:
    margin = 0.015 * (len(ranks.ranks) - 1)
    for number, clique in enumerate(ranks.cliques):
        height = -_FIRST_BAR - _BAR_STEP * number
        ends = [ranks.ranks[clique[0]] - margin, ranks.ranks[clique[-1]] + margin]
        ax.plot(ends, [height, height], color=colour, lw=3.5, solid_capstyle="butt")


def _names(ax: Axes, ranks: Ranks, colour: str) -> None:
    """Write the better half of the methods to the left, the others to the right."""
    k = len(ranks.ranks)
    half = (k + 1) // 2
    below = _FIRST_BAR + _BAR_STEP * max(0, len(ranks.cliques) - 1) + _FIRST_NAME
    for place, (name, rank) in enumerate(ranks.ranks.items()):
        left = place < half
        height = -below - (place if left else k - 1 - place)
        end = 1 - 0.04 * (k - 1) if left else k + 0.04 * (k - 1)
        ax.plot([rank, rank, end], [0, height, height], color=colour, lw=0.9)
        ax.text(
            end,
            height,
            f"{name}  {rank:.2f} " if left else f" {rank:.2f}  {name}",
            color=colour,
            ha="right" if left else "left",
            va="center",
            fontsize=9,
        )
