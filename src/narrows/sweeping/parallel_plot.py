"""Parallel coordinates of a sweep's trials, one option below another so that phones show them."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from narrows.report.svg import COLOURS, PANEL, SMALL, ground
from narrows.report.text import number, shorten
from narrows.sweeping.results import Results, Tried
from narrows.sweeping.space import Choices, Range, Scalar, text_of
from narrows.sweeping.words import objective_name

# Inches of one axis.
_HEIGHT = 0.82
_TRIAL, _BEST = COLOURS[0], COLOURS[1]
# Lines through one choice lie a little beside each other.
_SPREAD = 0.05
_LONGEST = 18
# Letters of a line of an axis's name, which stands beside the axis, where no trial's line is; and
# what part of an axis one of them takes.
_LETTERS, _LETTER = 14, 0.026


@dataclass(frozen=True)
class Scale:
    """One axis, drawn from left to right.

    Attributes:
        name: of what it shows.
        place: of a value, from 0 to 1.
        ticks: places and what is written there.
        spread: whether lines are moved a little, as where many have one value.
    """

    name: str
    place: Callable[[Scalar], float]
    ticks: list[tuple[float, str]]
    spread: bool = False


def parallel_figure(results: Results, colour: str) -> Figure:
    """Draw a line for each trial through its options and, where it has them, its objectives."""
    space, declared = results.declaration.space, results.declaration.objectives
    options = [_scale_of(name, dimension.values) for name, dimension in space.items()]
    measured = [_objective(results, place) for place in range(len(declared))]
    scales = [*options, *measured]
    figure = Figure(figsize=(PANEL[0], 0.5 + _HEIGHT * len(scales)), layout="constrained")
    ax = figure.add_subplot()
    ordered = sorted(results.trials, key=lambda trial: _order(results, trial))
    for rank, trial in enumerate(ordered):
        values = [trial.params.get(name) for name in space]
        places = [
            scale.place(value) + (_SPREAD * (rank / len(ordered) - 0.5) if scale.spread else 0)
            for scale, value, name in zip(options, values, space, strict=True)
            if name in trial.params
        ]
        heights = [place for place, name in enumerate(space) if name in trial.params]
        places += [scale.place(v) for scale, v in zip(measured, trial.values, strict=False)]
        heights += [len(options) + place for place in range(len(trial.values))]
        _line(ax, places, heights, results, trial, colour)
    for place, scale in enumerate(scales):
        _axis(ax, place, scale, colour)
    names = max(len(line) for scale in scales for line in _lines(scale.name))
    ax.set(xlim=(-0.06 - _LETTER * names, 1.04), ylim=(len(scales) - 0.4, -0.5))
    ax.axis("off")
    return figure


def _order(results: Results, trial: Tried) -> tuple[bool, bool]:
    """Return what is drawn later, and so above others."""
    return trial.number in results.front, bool(trial.values)


def _line(
    ax: Axes, places: list[float], heights: list[int], results: Results, trial: Tried, colour: str
) -> None:
    if trial.number in results.front:
        ax.plot(places, heights, "o-", color=_BEST, lw=2, ms=4, zorder=3)
    elif trial.values:
        ax.plot(places, heights, "-", color=_TRIAL, lw=1, alpha=_strength(results, trial), zorder=2)
    else:
        ax.plot(places, heights, ":", color=colour, lw=0.8, alpha=0.5, zorder=1)


def _strength(results: Results, trial: Tried) -> float:
    """Return how visible a trial's line is: the better it is by the first objective, the more."""
    values = sorted(other.values[0] for other in results.finished)
    if next(iter(results.declaration.objectives.values())) == "maximize":
        values.reverse()
    return 0.9 - 0.65 * values.index(trial.values[0]) / max(1, len(values) - 1)


def _axis(ax: Axes, height: int, scale: Scale, colour: str) -> None:
    ax.plot([0, 1], [height, height], color=colour, lw=0.9, alpha=0.7, zorder=4)
    name = "\n".join(_lines(scale.name))
    ax.text(
        -0.06, height, name, color=colour, fontsize=SMALL, weight="bold", ha="right", va="center"
    )
    box = {"facecolor": ground(colour), "edgecolor": "none", "pad": 1.0}
    for place, text in scale.ticks:
        ax.plot([place, place], [height - 0.04, height + 0.04], color=colour, lw=0.9, zorder=4)
        side = "left" if place < 0.05 else "right" if place > 0.95 else "center"
        ax.text(
            place, height + 0.1, text, color=colour, fontsize=SMALL, ha=side, va="top", zorder=5,
            bbox=box,
        )  # fmt: skip


def _lines(name: str) -> list[str]:
    """Return a name in short lines: they end after points, else after underscores and spaces."""
    if len(name) <= _LETTERS:
        return [name]
    lines: list[str] = []
    for piece in re.findall(r"[^.]+\.*", name):
        lines.append("")
        for word in re.findall(r"[^_ ]+[_ ]*", piece):
            if lines[-1] and len(lines[-1]) + len(word.rstrip()) > _LETTERS:
                lines.append("")
            lines[-1] += word
    return [shorten(line.rstrip(), _LETTERS) for line in lines if line]


def _scale_of(name: str, values: Range | Choices) -> Scale:
    if isinstance(values, Range):
        return _of_numbers(name, values.low, values.high, values.log)
    step = 1 / len(values.values)
    places = {value: (i + 0.5) * step for i, value in enumerate(values.values)}
    ticks = [(place, shorten(text_of(value), _LONGEST)) for value, place in places.items()]
    return Scale(name, lambda value: places[value], ticks, spread=True)


def _objective(results: Results, place: int) -> Scale:
    values = [trial.values[place] for trial in results.finished]
    low, high = min(values), max(values)
    scale = _of_numbers("", low, high, low > 0 and high > 8 * low)
    return Scale(objective_name(results.declaration, place), scale.place, scale.ticks)


def _of_numbers(name: str, low: float, high: float, log: bool) -> Scale:
    """Return an axis of numbers with its ends and its middle."""
    forth = math.log if log else float
    back = math.exp if log else float
    start, width = forth(low), forth(high) - forth(low) or 1.0

    def place(value: Scalar) -> float:
        return (forth(value) - start) / width  # pyright: ignore

    middle = back(start + width / 2)
    ends = [low, middle, high] if high > low else [low]
    whole = isinstance(low, int) and isinstance(high, int)
    ticks = [(place(v), number(round(v) if whole else float(v), 3)) for v in ends]
    return Scale(name, place, ticks)
