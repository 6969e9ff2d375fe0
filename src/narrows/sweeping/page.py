"""One page on a sweep: the best trial first, plots, all trials, how to make it again."""

import platform
import shlex
from importlib.metadata import version
from typing import Any, NamedTuple

import yaml
from markupsafe import Markup

from narrows.report.svg import TEXT, svg
from narrows.report.templates import drawing, render
from narrows.report.text import clean, number
from narrows.runs import git_commit
from narrows.sweeping.declaration import Declaration
from narrows.sweeping.plots import figures
from narrows.sweeping.results import Results, Tried
from narrows.sweeping.space import Choices, Dimension
from narrows.sweeping.words import (
    ended_text,
    headline,
    notes,
    option_text,
    ordered,
    short_name,
    value_text,
)

_TITLES = {
    "front": "Pareto front",
    "history": "One trial after another",
    "parallel": "Options and values",
    "importance": "Which options matter",
    "importance_2": "Which options matter for the second objective",
    "epochs": "Epoch by epoch",
}
_CAPTIONS = {
    "front": "A trial is on the front if no other is better by one objective and as good by the "
    "other.",
    "history": "Hollow: stopped early, with its last value; such a one is no candidate.",
    "parallel": "A line for each trial, from option to option and to its value at the bottom: the "
    "stronger, the better; orange is the best, dotted has no value.",
    "epochs": "On the validation part.",
}
_OF_VARIANCE = (
    "fANOVA (Hutter, Hoos and Leyton-Brown 2014): the share of each option alone in the variance "
    "over the space, by random forests fitted to the {} finished trials. With few trials it is "
    "rough{}."
)


class Figure(NamedTuple):
    """A plot on the page."""

    title: str
    svg: Markup
    label: str
    caption: str


def command_of(words: list[str]) -> str:
    """Return the command that these words were given to."""
    return shlex.join(["narrows", "sweep", *words])


def render_page(results: Results, words: list[str]) -> str:
    """Return the page as HTML.

    Args:
        results: of the sweep.
        words: of its command.
    """
    declaration = results.declaration
    names = [short_name(name) for name in declaration.objectives]
    several = len(declaration.seeds) > 1
    return render(
        "sweep.html.j2",
        {},
        declaration=declaration,
        headline=clean(headline(results)),
        notes=clean(notes(results)),
        figures=[_figure(results, name) for name in figures(results)],
        objectives=names,
        deviations=[f"s.d. of {name}" for name in names] if several else [],
        options=list(declaration.space),
        rows=[_row(results, trial) for trial in ordered(results)],
        commands={"again": command_of(words), "measure": _to_measure(results, words)},
        declared=yaml.safe_dump(declared(declaration), sort_keys=False, allow_unicode=True),
        versions=_versions(),
    )


def _figure(results: Results, name: str) -> Figure:
    kind = name.partition("_")[0]
    caption = _CAPTIONS.get(kind)
    if caption is None:
        some = any(dimension.when for dimension in results.declaration.space.values())
        left_out = "; options that only some trials have are left out" if some else ""
        caption = _OF_VARIANCE.format(len(results.finished), left_out)
    drawn = svg(figures(results)[name](TEXT), f"sweep {name}")
    return Figure(_TITLES[name], drawing(drawn), "the numbers are in the table of trials", caption)


def _row(results: Results, trial: Tried) -> dict[str, Any]:
    declaration = results.declaration
    names = list(declaration.objectives)
    values = [value_text(v, name) for v, name in zip(trial.values, names, strict=False)]
    cells = values or ["–"] * len(names)
    if len(declaration.seeds) > 1:
        cells += [number(v) for v in trial.deviations] or ["–"] * len(names)
    for option in declaration.space:
        found = option in trial.params
        cells.append(clean(option_text(trial.params[option])) if found else "–")
    cells += [number(max(trial.reports, default=0)) if trial.reports else "–"]
    cells += [number(trial.seconds, 3) if trial.seconds else "–"]
    return {
        "number": trial.number,
        "best": trial.number in results.front,
        "cells": cells,
        "ended": clean(ended_text(trial)),
        "runs": " ".join(trial.runs),
    }


def _to_measure(results: Results, words: list[str]) -> list[str]:
    """Return commands that measure the best trial on the test part."""
    if not results.front:
        return []
    which = [] if len(results.front) == 1 else ["--trial", str(results.front[0])]
    named = f"{results.declaration.name}_best"
    save = shlex.join(["narrows", "sweep", *words, "--save-best", named, *which])
    return [save, f"narrows train experiment={named}"]


def declared(declaration: Declaration) -> dict[str, Any]:
    """Return a sweep as a file in conf/sweep has it."""
    content = {key: value for key, value in vars(declaration).items() if key != "name"}
    space = {name: _entry(dimension) for name, dimension in declaration.space.items()}
    content |= {"space": space, "pruner": declaration.pruned_by}
    first = ("question", "overrides")
    return {key: content[key] for key in (*first, *(k for k in content if k not in first))}


def _entry(dimension: Dimension) -> dict[str, Any]:
    values = dimension.values
    if isinstance(values, Choices):
        entry: dict[str, Any] = {"choices": [yaml.safe_load(text) if isinstance(text, str) and
                                             text.startswith("[") else text
                                             for text in values.values]}  # fmt: skip
    else:
        entry = {key: value for key, value in vars(values).items() if value not in (None, False)}
    when = {name: list(allowed) for name, allowed in dimension.when.items()}
    return entry | ({"when": when} if when else {})


def _versions() -> dict[str, str]:
    names = ("narrows", "torch", "optuna")
    found = {name: version(name) for name in names}
    return {**found, "Python": platform.python_version(), "commit": git_commit() or "none"}
