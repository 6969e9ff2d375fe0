"""What came of a sweep, printed."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows.sweeping.outputs import PAGE
from narrows.sweeping.results import Results
from narrows.sweeping.words import (
    ended_text,
    headline,
    option_text,
    ordered,
    short_name,
    value_text,
)

_SHOWN = 10


def show(results: Results, folder: Path) -> None:
    """Print the answer, the best trials, and where the page is.

    Args:
        results: of the sweep.
        folder: of its report.
    """
    console = Console(highlight=False)
    console.print(headline(results), markup=False)
    console.print(_table(results))
    if len(results.trials) > _SHOWN:
        console.print(f"{_SHOWN} of {len(results.trials)} trials; all are on the page")
    console.print(f"page: {folder / PAGE}", markup=False)


def _table(results: Results) -> Table:
    declaration = results.declaration
    names = list(declaration.objectives)
    shown = ordered(results)[:_SHOWN]
    table = Table("trial", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for name in (*map(short_name, names), *declaration.space):
        # A group's name above that of its option, so that more of them fit beside each other.
        table.add_column(name.replace(".", ".\n"), justify="right")
    if not all(trial.values for trial in shown):
        table.add_column("ended")
    for trial in shown:
        values = [value_text(v, name) for v, name in zip(trial.values, names, strict=False)]
        options = [
            option_text(trial.params[name]) if name in trial.params else "–"
            for name in declaration.space
        ]
        best = "bold" if trial.number in results.front else None
        values = values or ["–"] * len(names)
        ended = [ended_text(trial)] if len(table.columns) > 1 + len(values) + len(options) else []
        table.add_row(str(trial.number), *values, *options, *ended, style=best)
    return table
