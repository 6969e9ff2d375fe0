"""Plots of a sweep: its history, its trials epoch by epoch, the Pareto front, importance."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from narrows.report.svg import COLOURS, PANEL, SMALL, frame
from narrows.report.text import number
from narrows.sweeping.parallel_plot import parallel_figure
from narrows.sweeping.results import Results, Tried
from narrows.sweeping.words import objective_name, share_texts

# Of two objectives' plots only some are drawn; each takes the colour of text and axes.
Draw = Callable[[str], Figure]
TRIAL, BEST = COLOURS[0], COLOURS[1]
# Values that differ more than so many times have a logarithmic axis.
_WIDE = 5


def figures(results: Results) -> dict[str, Draw]:
    """Return the plots that there is something for, by name."""
    found: dict[str, Draw] = {}
    if results.finished:
        if len(results.declaration.objectives) > 1:
            found["front"] = partial(front_figure, results)
        else:
            found["history"] = partial(history_figure, results)
        found["parallel"] = partial(parallel_figure, results)
    for place, objective in enumerate(results.importance):
        name = "importance" if not place else f"importance_{place + 1}"
        found[name] = partial(importance_figure, results, objective)
    if any(len(trial.reports) > 1 for trial in results.trials):
        found["epochs"] = partial(epochs_figure, results)
    return found


def history_figure(results: Results, colour: str) -> Figure:
    """Draw each trial's value in their order, and the best so far."""
    figure, ax = _axes()
    finished = results.finished
    _dots(ax, [(t.number, t.values[0]) for t in finished], TRIAL, "finished")
    stopped = [(t.number, _last(t)) for t in results.trials if t.state == "pruned"]
    _dots(ax, stopped, TRIAL, "stopped early", mfc="none")
    best = _best_so_far(results)
    ax.step(
        [place for place, _ in best],
        [value for _, value in best],
        where="post",
        color=BEST,
        lw=1.6,
        label="the best so far",
    )
    _scale(ax, "y", [value for _, value in stopped] + [t.values[0] for t in finished])
    ax.set_xlabel("trial", color=colour)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return _ended(figure, ax, objective_name(results.declaration, 0), colour)


def _best_so_far(results: Results) -> list[tuple[int, float]]:
    best = min if _first_direction(results) == "minimize" else max
    found: list[tuple[int, float]] = []
    for trial in results.finished:
        value = trial.values[0] if not found else best(found[-1][1], trial.values[0])
        found.append((trial.number, value))
    return [*found, (results.trials[-1].number, found[-1][1])]


def _first_direction(results: Results) -> str:
    return next(iter(results.declaration.objectives.values()))


def epochs_figure(results: Results, colour: str) -> Figure:
    """Draw what each trial has reported, and where it was stopped."""
    figure, ax = _axes()
    for trial in sorted(results.trials, key=lambda trial: trial.number in results.front):
        if not trial.reports:
            continue
        best = trial.number in results.front
        stopped = trial.state == "pruned"
        ax.plot(
            list(trial.reports),
            list(trial.reports.values()),
            color=BEST if best else colour if stopped else TRIAL,
            lw=1.8 if best else 0.9,
            alpha=1 if best else 0.6,
            ls=":" if stopped else "-",
        )
        if stopped:
            ax.plot(*list(trial.reports.items())[-1], "x", color=colour, ms=5)
    _legend_lines(ax, colour)
    _scale(ax, "y", [v for trial in results.trials for v in trial.reports.values()])
    seeds = len(results.declaration.seeds)
    ax.set_xlabel("epoch" if seeds == 1 else f"epoch, {seeds} seeds in a row", color=colour)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return _ended(figure, ax, objective_name(results.declaration, 0), colour)


def _legend_lines(ax: Axes, colour: str) -> None:
    """Name what lines are, whether or not there is one of each kind."""
    ax.plot([], [], color=BEST, lw=1.8, label="the best")
    ax.plot([], [], color=TRIAL, lw=0.9, label="others")
    ax.plot([], [], color=colour, lw=0.9, ls=":", marker="x", ms=5, label="stopped early")


def front_figure(results: Results, colour: str) -> Figure:
    """Draw both objectives of each trial, and the Pareto front."""
    figure, ax = _axes()
    finished = {trial.number: trial for trial in results.finished}
    front = [finished[place].values for place in results.front]
    others = [t.values for t in results.finished if t.number not in results.front]
    _dots(ax, [(two, one) for one, two in others], TRIAL, "other trials")
    front.sort(key=lambda values: values[1])
    ax.plot(
        [two for _, two in front],
        [one for one, _ in front],
        "D-",
        color=BEST,
        ms=6,
        lw=1.2,
        drawstyle="steps-post",
        label="best trials (Pareto front)",
    )
    _scale(ax, "y", [t.values[0] for t in results.finished])
    _scale(ax, "x", [t.values[1] for t in results.finished])
    ax.set_xlabel(objective_name(results.declaration, 1), color=colour)
    return _ended(figure, ax, objective_name(results.declaration, 0), colour)


def importance_figure(results: Results, objective: str, colour: str) -> Figure:
    """Draw what share of an objective's variance each option explains."""
    shares = results.importance[objective]
    figure = Figure(figsize=(PANEL[0], 0.75 + 0.42 * len(shares)), layout="constrained")
    ax = figure.add_subplot()
    values = [100 * share for share in shares.values()]
    ax.barh(range(len(shares)), values, height=0.6, color=TRIAL)
    for place, (value, text) in enumerate(zip(values, share_texts(shares).values(), strict=True)):
        ax.text(value + 1, place, text, color=colour, va="center", fontsize=SMALL)
    ax.set_yticks(range(len(shares)), list(shares), fontsize=SMALL)
    ax.set_ylim(len(shares) - 0.4, -0.6)
    ax.set_xlim(0, 116)
    ax.set_xticks(range(0, 101, 25))
    ax.set_xlabel("% of what options explain", color=colour)
    frame(ax, colour, grid="x")
    ax.tick_params(axis="y", length=0)
    return figure


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=PANEL, layout="constrained")
    return figure, figure.add_subplot()


def _last(trial: Tried) -> float:
    return list(trial.reports.values())[-1]


def _dots(
    ax: Axes, points: Iterable[tuple[float, float]], colour: str, label: str, mfc: str | None = None
) -> None:
    pairs = list(points)
    if pairs:
        ax.plot(*zip(*pairs, strict=True), "o", color=colour, mfc=mfc or colour, ms=5, label=label)


def is_wide(values: Iterable[float]) -> bool:
    """Tell whether values differ so much that a plain axis would show the largest alone."""
    found = list(values)
    return min(found) > 0 and max(found) > _WIDE * min(found)


def _scale(ax: Axes, name: Literal["x", "y"], values: list[float]) -> None:
    """Have a logarithmic axis for values that differ much; write numbers as the page does."""
    which: Axis = getattr(ax, f"{name}axis")
    if is_wide(values):
        ax.set(**{f"{name}scale": "log"})  # pyright: ignore
        which.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        which.set_minor_locator(NullLocator())
    else:
        which.set_major_locator(MaxNLocator(5))
    which.set_major_formatter(FuncFormatter(lambda value, _: number(float(value), 3)))


def _ended(figure: Figure, ax: Axes, name: str, colour: str) -> Figure:
    """Name the axis of the objective, and what the signs are."""
    ax.set_ylabel(name, color=colour)
    frame(ax, colour)
    figure.legend(
        loc="outside lower center", ncols=3, frameon=False, fontsize=SMALL, handlelength=1.6,
        columnspacing=1.2, labelcolor=colour,
    )  # fmt: skip
    return figure
