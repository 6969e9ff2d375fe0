"""All maps as one picture, in a file of its own."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from narrows.mapping.classes import GREY, Classes
from narrows.mapping.frame import Frame
from narrows.mapping.maps import Codes
from narrows.mapping.points import Points
from narrows.report.svg import COLOURS, DARK, HUES, write_png
from narrows.report.text import clean, shorten

_SIDE, _LONGEST = 3.9, 28
_SHAPES = ("o", "D")
# Width and height of a name, as shares of a panel's.
_ROOM = (0.17, 0.05)


def write_plot(path: Path, maps: list[Codes], old: Points, new: Points, classes: Classes) -> None:
    """Draw each map's old points, and its new ones below."""
    figure = Figure(figsize=(_SIDE * len(maps), 2 * _SIDE + 0.6), layout="constrained")
    grid = figure.subplots(2, len(maps), squeeze=False)
    for column, one in zip(grid.T, maps, strict=True):
        frame = Frame.of(one.old)
        for ax, points, places in zip(column, (old, new), (one.old, one.new), strict=True):
            _panel(ax, frame.inside(places), classes.of(points), classes)
        column[0].set_title(one.name, color=DARK, fontsize=11)
    for ax, points in zip(grid[:, 0], (old, new), strict=True):
        ax.set_ylabel(f"{shorten(clean(points.source), _LONGEST)}, {len(points.z):,}", color=DARK)
    if classes.labels:
        _legend(figure, classes)
    write_png(path, figure)


def _panel(ax: Axes, places: np.ndarray, of: np.ndarray, classes: Classes) -> None:
    # What lies beyond the frame is drawn on its border.
    places = places.clip(0, 1)
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_color("#c5cad0")
    for number in (-1, *range(len(classes.labels))):
        some = places[of == number]
        shape, colour = look(number)
        ax.scatter(*some.T, s=7, marker=shape, color=colour, alpha=0.55, linewidths=0)
    named = np.empty((0, 2))
    for number, name in enumerate(classes.names):
        some = places[of == number]
        if not len(some):
            continue
        place = np.median(some, 0)
        # One name over another could not be read; the legend has all of them.
        if (np.abs(named - place) > _ROOM).any(1).all():
            named = np.vstack([named, place])
            _name(ax, place, shorten(clean(name), _LONGEST), look(number)[1])


def _name(ax: Axes, place: np.ndarray, name: str, colour: str) -> None:
    """Write a label's name in the middle of its points."""
    text = ax.text(
        place[0], place[1], name, color=colour, fontsize=9, fontweight="bold", ha="center"
    )
    text.set(va="center", path_effects=[withStroke(linewidth=2.5, foreground="white")])


def _legend(figure: Figure, classes: Classes) -> None:
    names = [shorten(clean(name), _LONGEST) for name in classes.names]
    numbers = list(range(len(names))) + [-1] * classes.rest
    handles = []
    for number in numbers:
        shape, colour = look(number)
        handles.append(Line2D([], [], ls="", marker=shape, color=colour, ms=6))
    figure.legend(
        handles,
        names + ["other or none"] * classes.rest,
        loc="outside lower center",
        ncols=6,
        frameon=False,
        labelcolor=DARK,
        fontsize=9,
    )


def look(number: int) -> tuple[str, str]:
    """Return the shape and the colour of a class; −1 is for all that have none."""
    if number < 0:
        return _SHAPES[0], GREY
    return _SHAPES[number // len(COLOURS)], HUES[number]
