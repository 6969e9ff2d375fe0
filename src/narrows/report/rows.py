"""A study's runs as rows of a table: each method at each label budget, against scratch."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from narrows.report.transfers import look
from narrows.study.declaration import SCRATCH
from narrows.study.intervals import (
    SIGNIFICANT,
    Estimate,
    estimate,
    paired,
    paired_difference,
)
from narrows.study.plan import SCIKIT_LEARN
from narrows.study.savings import Saving, label_saving
from narrows.study.significance import holm, sign_flips, t_test
from narrows.study.wins import probability_of_winning

PCA, INDEPENDENT = "pca", "independent"
# Scratch comes first in a table, then baselines: those with a place of their own before others.
_ORDER = (SCRATCH, PCA, INDEPENDENT, "linear", "svm", "extra_trees", "chain")

_STRATEGIES = {
    PCA: "PCA codes",
    INDEPENDENT: "k independent networks",
    "linear": "logistic regression",
    "svm": "SVM",
    "extra_trees": "extra trees",
    "chain": "classifier chain",
}
# Of these the strategy's name says all.
_UNTOLD = {SCRATCH, SCIKIT_LEARN}

Record = dict[str, Any]


@dataclass(frozen=True)
class Against:
    """A method at one label budget against scratch, paired by seed, in the main measure.

    Attributes:
        by_seed: the difference of each seed that both have.
        mean: of the differences.
        wins: how probable it is that the method beats scratch.
        p: of Student's paired t-test.
        p_flips: of the exact permutation test that flips signs.
        p_holm: p corrected for all pretrained methods at all budgets; None for a baseline, which
            the study does not ask about.
        saving: labels that scratch needs for the method's score.
    """

    by_seed: dict[int, float]
    mean: Estimate
    wins: Estimate
    p: float | None
    p_flips: float | None
    p_holm: float | None
    saving: Saving | None

    @property
    def clear(self) -> bool:
        """Whether the difference is significant at 5 % after the correction."""
        return self.p_holm is not None and self.p_holm < SIGNIFICANT


@dataclass(frozen=True)
class Row:
    """One method at one label budget, over its seeds.

    Attributes:
        strategy: how the encoder was pretrained.
        transfer: how the encoder was used.
        labels: the label budget.
        pretrained: whether this is what the study asks about, not what it compares with: its runs
            start from a pretrained encoder other than PCA.
        choice: what its tuning on the validation part has chosen; empty if nothing was tuned.
        measures: on the test part.
        against: how it compares with scratch; None for scratch, or if they share no seed.
        weights: number of weights of encoder and decoder, mean over seeds: trees and the vectors of
            kernel machines are not as many with each.
        seconds: of training, mean over seeds.
        pretraining_seconds: mean over seeds.
        memory: the most MB at once, in training or pretraining, mean over the seeds of which it is
            known; None if it is known of none.
        validation: the main measure on the validation part, mean over seeds; None for what is not
            a network.
    """

    strategy: str
    transfer: str
    labels: int
    pretrained: bool
    choice: str
    measures: dict[str, Estimate]
    against: Against | None
    weights: int
    seconds: float
    pretraining_seconds: float
    memory: float | None = None
    validation: float | None = None

    @property
    def name(self) -> str:
        """The method's name for people."""
        return method_name(self.strategy, self.transfer)

    @property
    def spent(self) -> float:
        """Seconds of training, that of the encoder included."""
        return self.seconds + self.pretraining_seconds

    @property
    def clear(self) -> bool:
        """Whether a difference to scratch is shown."""
        return self.against is not None and self.against.clear


def strategy_name(strategy: str) -> str:
    """Return what people call a strategy, e.g. 'PCA codes'."""
    return _STRATEGIES.get(strategy, strategy)


def method_name(strategy: str, transfer: str) -> str:
    """Return what people call a strategy with a transfer, e.g. 'denoising, fine-tuned'."""
    name = strategy_name(strategy)
    return name if transfer in _UNTOLD else f"{name}, {look(transfer).words}"


def grouped(runs: Iterable[Record], *keys: str) -> list[list[Record]]:
    """Return the runs in groups that have the same values at `keys`."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for run in runs:
        groups.setdefault(tuple(run[key] for key in keys), []).append(run)
    return list(groups.values())


def estimates(runs: list[Record]) -> dict[str, Estimate]:
    """Return mean and interval of each measure over the runs."""
    return {name: estimate([run["measures"][name] for run in runs]) for name in runs[0]["measures"]}


def make_rows(runs: list[Record], monitor: str) -> list[Row]:
    """Return a row for each method and budget: scratch first, then baselines, then the rest."""
    groups = grouped(runs, "labels", "strategy", "transfer")
    scratch = {g[0]["labels"]: _by_seed(g, monitor) for g in groups if g[0]["strategy"] == SCRATCH}
    groups.sort(key=lambda g: (g[0]["labels"], _pretrained(g[0]), _place(g[0]["strategy"])))
    return _corrected([_row(group, scratch, monitor) for group in groups])


def _pretrained(run: Record) -> bool:
    return run["pretrained"] is not None and run["strategy"] != PCA


def _place(strategy: str) -> int:
    return _ORDER.index(strategy) if strategy in _ORDER else len(_ORDER)


def _by_seed(runs: list[Record], measure: str) -> dict[int, float]:
    return {run["seed"]: run["measures"][measure] for run in runs}


def _row(runs: list[Record], scratch: dict[int, dict[int, float]], monitor: str) -> Row:
    first = runs[0]
    itself = first["strategy"] == SCRATCH
    return Row(
        strategy=first["strategy"],
        transfer=first["transfer"],
        labels=first["labels"],
        pretrained=_pretrained(first),
        choice=first.get("choice", "") if len(first.get("validation", {})) > 1 else "",
        measures=estimates(runs),
        against=None if itself else _against(first["labels"], _by_seed(runs, monitor), scratch),
        weights=round(fmean(run["weights"] for run in runs)),
        seconds=fmean(run["seconds"] for run in runs),
        pretraining_seconds=fmean(run["pretraining_seconds"] for run in runs),
        memory=mean_of_known(map(_memory, runs)),
        validation=mean_of_known(run.get("on_validation") for run in runs),
    )


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are not None; None if all are."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _memory(run: Record) -> float | None:
    """Return the most MB that a run or the training of its encoder had; None if it is not known."""
    own, encoder = run.get("memory_mb"), run.get("pretraining_memory_mb")
    return max(own, encoder or 0.0) if own is not None else None


def _against(
    labels: int, scores: dict[int, float], scratch: dict[int, dict[int, float]]
) -> Against | None:
    beside = scratch.get(labels, {})
    mean = paired_difference(scores, beside)
    if mean is None:
        return None
    by_seed = paired(scores, beside)
    differences = list(by_seed.values())
    return Against(
        by_seed=by_seed,
        mean=mean,
        wins=probability_of_winning(differences),
        p=t_test(differences),
        p_flips=sign_flips(differences),
        p_holm=None,
        saving=label_saving(labels, scores, scratch),
    )


def _corrected(rows: list[Row]) -> list[Row]:
    """Return the rows with Holm's correction over all pretrained methods and budgets."""
    asked = [row.against.p if row.pretrained and row.against else None for row in rows]
    return [
        replace(row, against=replace(row.against, p_holm=p)) if row.against else row
        for row, p in zip(rows, holm(asked), strict=True)
    ]
