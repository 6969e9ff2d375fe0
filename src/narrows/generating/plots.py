"""Plots of new examples: how near to training examples they are, precision against recall."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from narrows.generating.measuring import RECONSTRUCTED, TRAINING, Found
from narrows.report.svg import COLOURS, PANEL, SMALL, TEXT, frame, svg

_MARKERS = ("o", "s", "D", "^", "v")
# What is far away would leave one steep line for all others: the axis ends where this share of the
# samples of each way is, and at so many times what it is for test examples.
_SHARE, _TIMES = 0.99, 3


def distances_svg(found: Found, names: dict[str, str]) -> str:
    """Draw the share of examples that are nearer to a training example than a distance.

    Args:
        found: what was measured.
        names: what each way is called.
    """
    figure, ax = _axes()
    _curve(ax, found.usual, color=TEXT, lw=1.6, label="test examples")
    _curve(ax, found.reconstructed, color=TEXT, lw=1.2, ls="--", label=names[RECONSTRUCTED])
    for (way, drawn), colour in zip(found.drawn.items(), COLOURS, strict=False):
        _curve(ax, drawn.nearest.distances, color=colour, lw=1.6, label=names[way])
    ax.axvline(found.threshold, color=TEXT, lw=0.9, ls=":", label="likely copies are left of this")
    usual = float(np.quantile(found.usual, _SHARE))
    most = [float(np.quantile(d.nearest.distances, _SHARE)) for d in found.drawn.values()]
    ax.set_xlim(0, 1.02 * min(max(usual, *most), _TIMES * usual) or 1)
    ax.set_ylim(0, 100)
    ax.set_xlabel("distance to the nearest training example", color=TEXT)
    ax.set_ylabel("% of examples within it", color=TEXT)
    _legend(figure)
    return svg(figure, "distances")


def _curve(ax: Axes, values: np.ndarray, **look: Any) -> None:
    ax.plot(np.sort(values), 100 * np.arange(1, len(values) + 1) / len(values), **look)


def precision_svg(found: Found, names: dict[str, str]) -> str:
    """Draw precision against recall, with intervals.

    Args:
        found: what was measured.
        names: what each row is called.
    """
    figure, ax = _axes()
    looks = {TRAINING: (TEXT, "P"), RECONSTRUCTED: (TEXT, "X")}
    looks |= dict(zip(found.drawn, zip(COLOURS, _MARKERS, strict=True), strict=False))
    for row in found.rows:
        colour, marker = looks[row.name]
        recall, precision = row.estimate("recall"), row.estimate("precision")
        ax.errorbar(
            recall.mean, precision.mean, xerr=recall.half_width or 0,
            yerr=precision.half_width or 0, color=colour, marker=marker, ls="none",
            capsize=2, label=names[row.name],
        )  # fmt: skip
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel("recall: test examples that lie among samples", color=TEXT)
    ax.set_ylabel("precision: samples that lie among test examples", color=TEXT)
    _legend(figure)
    return svg(figure, "precision")


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(PANEL[0], PANEL[1] + 0.9), layout="constrained")
    ax = figure.add_subplot()
    frame(ax, TEXT)
    return figure, ax


def _legend(figure: Figure) -> None:
    figure.legend(
        loc="outside lower center", ncols=2, frameon=False, fontsize=SMALL, labelcolor=TEXT
    )  # fmt: skip
