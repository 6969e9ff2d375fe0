"""What came of adding a label, in words, as JSON and as a page. Imports no torch."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows.files import read_json, write_json, write_text
from narrows.report.templates import render

JSON, PAGE = "labels.json", "labels.html"
_LISTED = 10


class Change(NamedTuple):
    """An old label's average precision on the test part; None where it has no positive there."""

    label: str
    before: float | None
    after: float | None

    @property
    def difference(self) -> float | None:
        """Return after - before."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@dataclass(frozen=True)
class Result:
    """What was learned and what became of the old labels.

    Attributes:
        label: the new one.
        model: name of the run that it was added to.
        positives: number of examples that have it.
        negatives: number of examples that have it not.
        background: whether the negatives are training examples that stand for them.
        gradient: of the convex problem, divided by the number of examples, at the solution in
            float64, before rounding to float32.
        stored_gradient: the same at the weights that the run keeps; None if they were trained on.
        cross_validated: the new label's average precision on its own examples; None if too few.
        replay: share of old examples in a batch; None if the encoder was kept.
        tested: number of test examples.
        unchanged: whether the outputs of the old labels on these have the same bits as before.
        solved: average precision of the new label on the test part, the encoder being fixed; None
            if the data do not know it.
        precision: the same of the finished model.
        changes: of the old labels.
    """

    label: str
    model: str
    positives: int
    negatives: int
    background: bool
    gradient: float
    stored_gradient: float | None
    cross_validated: float | None
    replay: float | None
    tested: int
    unchanged: bool
    solved: float | None
    precision: float | None
    changes: list[Change]

    @property
    def measured(self) -> list[Change]:
        """Return the old labels that have an average precision, the largest fall first."""
        known = [change for change in self.changes if change.difference is not None]
        return sorted(known, key=lambda change: change.difference or 0.0)

    @property
    def order(self) -> str:
        """Return in words how `measured` is ordered, and that no label fell where none did."""
        fell = any((change.difference or 0.0) < 0 for change in self.measured)
        return "the largest fall first" if fell else "none fell, the smallest rise first"

    def mean(self, which: str) -> float:
        """Return the old labels' mean average precision, "before" or "after"."""
        known = self.measured
        return sum(getattr(c, which) for c in known) / len(known) if known else float("nan")


def write_result(result: Result, folder: Path) -> None:
    """Write JSON and page into the run's folder."""
    fields = asdict(result)
    fields["changes"] = [change._asdict() for change in result.changes]
    write_json(folder / JSON, fields)
    filters = {"precision": precision, "difference": difference}
    write_text(
        folder / PAGE,
        render("new_label.html.j2", filters, result=result, sentences=sentences(result)),
    )


def read_result(folder: Path) -> Result:
    """Read what `write_result` has written."""
    fields = read_json(folder / JSON)
    return Result(**{**fields, "changes": [Change(**change) for change in fields["changes"]]})


def precision(value: float | None) -> str:
    """Return an average precision as text."""
    return "–" if value is None else f"{value:.4f}"


def difference(value: float | None) -> str:
    """Return a difference of two as text, with its sign."""
    return "–" if value is None else f"{value:+.4f}".replace("-", "−")


def sentences(result: Result) -> list[str]:
    """Return what was done and found, a sentence each: of the new label, then of the old ones."""
    what = "training examples that stand for negatives" if result.background else "negatives"
    return [
        f"Label {result.label!r} was added to {result.model}, from {result.positives:,} positives "
        f"and {result.negatives:,} {what}.",
        *_of_the_label(result),
        _of_old_labels(result),
        _optimum(result),
    ]


def _of_the_label(result: Result) -> list[str]:
    """Say how good the new label is, against guessing: that has the share of positives."""
    told = []
    if result.cross_validated is not None:
        guessed = result.positives / (result.positives + result.negatives)
        told.append(
            "Measured on these examples, each left out of learning once, and with the encoder as "
            f"it was, its average precision is {precision(result.cross_validated)}; guessing "
            f"would have {precision(guessed)}."
        )
    if result.precision is not None:
        before = (
            f"; {precision(result.solved)} before the update" if result.replay is not None else ""
        )
        told.append(
            f"On the test part its average precision is {precision(result.precision)}{before}."
        )
    return told


def _of_old_labels(result: Result) -> str:
    after = precision(result.mean("after")) if result.measured else "not known"
    tested = f"{result.tested:,} test examples"
    if result.replay is None:
        same = (
            "did not change by a bit" if result.unchanged else "CHANGED, which should not happen,"
        )
        return (
            f"What the model says of its {len(result.changes)} old labels {same} on all {tested}: "
            f"their mean average precision is {after}."
        )
    trained = f"Then all weights were trained, with {result.replay:.0%} old examples in each batch"
    if not result.measured:
        return f"{trained}; the test part has none of the old labels to measure them on."
    before = result.mean("before")
    fell = sum((change.difference or 0.0) < 0 for change in result.measured)
    return (
        f"{trained}: the mean average precision of the {len(result.measured)} old labels that the "
        f"test part has was {precision(before)} and is {after} "
        f"({difference(result.mean('after') - before)}); {fell or 'none'} of them fell."
    )


def _optimum(result: Result) -> str:
    """Say how exactly the convex problem was solved."""
    exact = f"the problem is convex, and the gradient, 0 at the optimum, is {result.gradient:.1e}"
    if result.stored_gradient is None:
        return f"The update began from the best weights for the encoder as it was: {exact}."
    return (
        f"The new label's weights are the best for this encoder and these examples: {exact}, or "
        f"{result.stored_gradient:.1e} after rounding to float32."
    )


def print_result(folder: Path, seconds: dict[str, float], console: Console) -> None:
    """Print what came of it and where it is."""
    result = read_result(folder)
    for sentence in sentences(result):
        console.print(sentence, markup=False, soft_wrap=True)
    if result.replay is not None and result.measured:
        console.print(_table(result.measured[:_LISTED]))
        some = len(result.measured) > _LISTED
        listed = f"{_LISTED} of {len(result.measured)} labels" if some else "average precision"
        console.print(f"{listed} on the test part, {result.order}", soft_wrap=True)
    told = ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items())
    console.print(f"time: {told}", soft_wrap=True)
    console.print(f"results: {folder}", markup=False, soft_wrap=True)
    console.print(f"page: {folder / PAGE}", markup=False, soft_wrap=True)


def _table(changes: list[Change]) -> Table:
    table = Table("old label", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("before", "after", "change"):
        table.add_column(name, justify="right")
    for change in changes:
        values = precision(change.before), precision(change.after), difference(change.difference)
        table.add_row(change.label, *values)
    return table
