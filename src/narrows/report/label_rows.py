"""How well each label is predicted, by each method with the largest label budget."""

from dataclasses import dataclass
from statistics import fmean

from narrows.report.answers import best_pretraining
from narrows.report.rows import Record, Row, grouped, method_name
from narrows.study.declaration import SCRATCH

# A page has room for so many; of more labels, those that differ most are shown.
SHOWN = 30


@dataclass(frozen=True)
class LabelRow:
    """One label.

    Attributes:
        label: its name.
        positives: how many examples of the test part have it.
        scores: average precision by method, mean over seeds; None without a positive.
        difference: of the best pretraining to scratch; None without both.
    """

    label: str
    positives: int
    scores: dict[str, float | None]
    difference: float | None


@dataclass(frozen=True)
class PerLabel:
    """All labels.

    Attributes:
        budget: number of labelled examples.
        best: the best pretraining's name; None without pretraining or scratch.
        rows: in the order of the data set.
    """

    budget: int
    best: str | None
    rows: list[LabelRow]

    @property
    def methods(self) -> list[str]:
        """Names of the methods."""
        return list(self.rows[0].scores)

    @property
    def shown(self) -> list[LabelRow]:
        """All rows if they are few; else those that differ most, or the most frequent ones."""
        if len(self.rows) <= SHOWN:
            return self.rows
        if self.best is None:
            return sorted(self.rows, key=lambda row: -row.positives)[:SHOWN]
        rows = [row for row in self.rows if row.difference is not None]
        rows.sort(key=lambda row: -abs(row.difference or 0.0))
        return sorted(rows[:SHOWN], key=lambda row: -(row.difference or 0.0))


def label_rows(
    runs: list[Record], rows: list[Row], labels: list[str], monitor: str
) -> PerLabel | None:
    """Return each label's results; None if the runs have none of these labels.

    Args:
        runs: evaluated, without failed ones.
        rows: of the main table, all budgets.
        labels: names of those that the runs share.
        monitor: the main measure.
    """
    budget = max((row.labels for row in rows), default=0)
    at = [row for row in rows if row.labels == budget]
    kept = [run for run in runs if run["labels"] == budget and _has(run, len(labels))]
    found = {_name(group[0]): group for group in grouped(kept, "strategy", "transfer")}
    found = {row.name: found[row.name] for row in at if row.name in found}
    if not labels or not found:
        return None
    scratch = next((row.name for row in at if row.strategy == SCRATCH), None)
    best = best_pretraining(at, monitor)
    pair = (best.name, scratch) if best and best.name in found and scratch in found else None
    positives = next(iter(found.values()))[0]["details"]["per_label"]["positives"]
    made = []
    for number, label in enumerate(labels):
        scores = {name: _mean(group, number) for name, group in found.items()}
        difference = _difference(scores[pair[0]], scores[pair[1]]) if pair else None
        made.append(LabelRow(label, positives[number], scores, difference))
    return PerLabel(budget, pair[0] if pair else None, made)


def _name(run: Record) -> str:
    return method_name(run["strategy"], run["transfer"])


def _has(run: Record, labels: int) -> bool:
    """Tell whether the run has results of all common labels, and of no others."""
    details = run["details"]
    return len(details.get("per_label", {}).get("positives", [])) == labels and (
        "labels" not in details
    )


def _mean(runs: list[Record], number: int) -> float | None:
    values = [run["details"]["per_label"]["average_precision"][number] for run in runs]
    there = [value for value in values if value is not None]
    return fmean(there) if there else None


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
