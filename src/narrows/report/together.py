"""Which labels come together, and how much of that each kind of model predicts."""

import math
from dataclasses import dataclass

from narrows.report.answers import best_pretraining
from narrows.report.figures import interval, signed
from narrows.report.measures import within_range
from narrows.report.rows import INDEPENDENT, Record, Row
from narrows.study.declaration import SCRATCH
from narrows.study.intervals import Estimate, estimate

_ERROR = "cooccurrence_lift_error"
_CONTROL = f"{_ERROR}_shuffled"
_STEPS = 1000

# The share of examples that have both labels of a pair, (k, k).
Matrix = list[list[float]]


@dataclass(frozen=True)
class HeatMap:
    """A matrix of co-occurrence with its heading.

    Attributes:
        name: the heading.
        values: the share of examples that have both labels of a pair, or are predicted to.
        frequencies: the share of examples that have each label, or are predicted to.
    """

    name: str
    values: Matrix
    frequencies: list[float]


@dataclass(frozen=True)
class LiftError:
    """How far from the observed one predicted co-occurrence is, over seeds."""

    name: str
    value: Estimate


@dataclass(frozen=True)
class Together:
    """Co-occurrence with the largest label budget.

    Attributes:
        budget: number of labelled examples.
        seed: of the runs whose matrices are shown.
        labels: the most frequent ones, most frequent first.
        maps: observed, predicted, and predicted without structure.
        errors: the shared encoder's, the independent networks', and the control's.
        below_control: the shared encoder's error minus that of its shuffled predictions, paired by
            seed.
    """

    budget: int
    seed: int
    labels: list[str]
    maps: list[HeatMap]
    errors: list[LiftError]
    below_control: Estimate

    @property
    def sentence(self) -> str:
        """What the errors say."""
        first, *others = (
            f"{interval(within_range(e.value, _ERROR), 2)} for {e.name}" for e in self.errors
        )
        return (
            f"The lift error is {first}, against {' and '.join(others)}. "
            f"Seed by seed the first differs from the last by {signed(self.below_control)}: "
            f"{_captured(self.below_control)}."
        )


def together(runs: list[Record], rows: list[Row], monitor: str) -> Together | None:
    """Return what a page shows of labels that come together; None where none ever do.

    Args:
        runs: evaluated, without failed ones.
        rows: of the main table, all budgets.
        monitor: the main measure.
    """
    budget = max((row.labels for row in rows), default=0)
    at = [row for row in rows if row.labels == budget]
    shared = best_pretraining(at, monitor) or _of(at, SCRATCH)
    run = None if shared is None else _drawn(runs, shared)
    if shared is None or run is None or _ERROR not in shared.measures:
        return None
    found = run["details"]["cooccurrence"]
    if not _pairs(found["observed"]):
        return None
    name, shuffled = f"the shared encoder ({shared.name})", "its predictions shuffled"
    maps = [
        # An example that has a label has it together with itself.
        HeatMap("observed", found["observed"], [row[a] for a, row in enumerate(found["observed"])]),
        HeatMap(f"predicted by {name}", found["predicted"], alone_in(found["shuffled"])),
    ]
    errors = [LiftError(name, shared.measures[_ERROR])]
    alone = _of(at, INDEPENDENT)
    other = None if alone is None else _drawn(runs, alone)
    if alone is not None and other is not None and _ERROR in alone.measures:
        it = other["details"]["cooccurrence"]
        name = f"predicted by {alone.name}"
        maps.append(HeatMap(name, it["predicted"], alone_in(it["shuffled"])))
        errors.append(LiftError(alone.name, alone.measures[_ERROR]))
    frequencies = alone_in(found["shuffled"])
    maps.append(HeatMap(f"{shuffled}, as a control", found["shuffled"], frequencies))
    errors.append(LiftError(shuffled, shared.measures[_CONTROL]))
    own = [it["measures"] for it in runs if _method(it) == _method(run)]
    below = estimate([measured[_ERROR] - measured[_CONTROL] for measured in own])
    return Together(budget, run["seed"], found["labels"], maps, errors, below)


def alone_in(shuffled: Matrix) -> list[float]:
    """Return how frequent each label is in predictions, from these shuffled.

    Shuffled, labels a and b come together as often as independent ones, m_a m_b, up to chance; so
    the sum over all b ≠ a is m_a times the sum of the other m, which is solved step by step.
    """
    sums = [math.fsum(v for b, v in enumerate(row) if a != b) for a, row in enumerate(shuffled)]
    total = math.fsum(sums)
    if not total > 0:
        return [0.0] * len(sums)
    found = [value / math.sqrt(total) for value in sums]
    for _ in range(_STEPS):
        whole = math.fsum(found)
        # Half of each step, on a logarithmic scale: whole ones go to and fro.
        found = [
            math.sqrt(m * value / (whole - m)) if whole > m else m
            for m, value in zip(found, sums, strict=True)
        ]
    return found


def _captured(below_control: Estimate) -> str:
    """Say whether the shared encoder is closer to the truth than its predictions shuffled."""
    if below_control.high is None:
        return "with one seed there is no interval to tell them apart by"
    if below_control.high < 0:
        return "the shared encoder captures some of which labels go together"
    if below_control.low is not None and below_control.low > 0:
        return "it is worse, so the shared encoder says wrongly which labels go together"
    return "it is not shown that the shared encoder captures which labels go together"


def _of(rows: list[Row], strategy: str) -> Row | None:
    return next((row for row in rows if row.strategy == strategy), None)


def _method(run: Record) -> tuple[str, str, int]:
    return run["strategy"], run["transfer"], run["labels"]


def _drawn(runs: list[Record], row: Row) -> Record | None:
    """Return the method's run that has matrices."""
    wanted = row.strategy, row.transfer, row.labels
    return next(
        (run for run in runs if _method(run) == wanted and "cooccurrence" in run["details"]),
        None,
    )


def _pairs(observed: Matrix) -> bool:
    """Tell whether any example has two labels."""
    return any(v > 0 for a, row in enumerate(observed) for b, v in enumerate(row) if a != b)
