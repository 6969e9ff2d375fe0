"""How one run of each method is made again, alone."""

from dataclasses import dataclass
from typing import Any

from narrows.report.rows import Record, Row, grouped, method_name
from narrows.study.commands import commands_for
from narrows.study.plan import SCIKIT_LEARN

_METHOD = ("strategy", "transfer")


@dataclass(frozen=True)
class Again:
    """A run of a method, and how it is made again.

    Attributes:
        method: its name for people.
        labels: how many the run has.
        seed: of the run.
        run: the name of its folder.
        commands: to be given one after another: first its pretraining, if it has one.
    """

    method: str
    labels: int
    seed: int
    run: str
    commands: list[str]


def runs_again(runs: list[Record], rows: list[Row], study: dict[str, Any]) -> list[Again]:
    """Return the first finished run of each method that has an encoder, in the table's order.

    Args:
        runs: that have finished.
        rows: of the table.
        study: as it was declared.
    """
    first = {tuple(group[0][key] for key in _METHOD): group[0] for group in grouped(runs, *_METHOD)}
    methods = dict.fromkeys(
        (row.strategy, row.transfer) for row in rows if row.transfer != SCIKIT_LEARN
    )
    return [_again(first[method], study) for method in methods]


def _again(run: Record, study: dict[str, Any]) -> Again:
    name = method_name(run["strategy"], run["transfer"])
    commands = commands_for(run, study["overrides"])
    return Again(name, run["labels"], run["seed"], run["run"], commands)
