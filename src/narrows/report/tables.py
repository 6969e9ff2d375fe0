"""What a study's evaluation says, as rows, and as sentences."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from pydantic import TypeAdapter, ValidationError

from narrows.errors import UserError
from narrows.files import read_json, write_json
from narrows.report.figures import signed
from narrows.study.statistics import Estimate, estimate, labels_needed, paired_difference

SCRATCH = "scratch"
BASELINES = ("pca", "independent")
HELPS, HARMS = "pretraining helps", "pretraining harms"

_STRATEGIES = {"pca": "PCA codes", "independent": "k independent networks"}
_TRANSFERS = {"frozen": ", frozen", "finetune": ", fine-tuned", SCRATCH: ""}
_MEASURES = {
    "average_precision": "average precision",
    "micro_f1": "micro-F1",
    "macro_f1": "macro-F1",
    "sse": "SSE",
    "psnr": "PSNR (dB)",
}

Record = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One method at one label budget, over its seeds.

    Attributes:
        strategy: how the encoder was pretrained.
        transfer: how the encoder was used.
        labels: the label budget.
        measures: on the test part.
        difference: to scratch in the study's main measure, paired by seed; None for scratch.
        labels_for_scratch: labels with which scratch has the same mean; None if not measured.
        weights: number of weights of encoder and decoder.
        seconds: of training, mean over seeds.
        pretraining_seconds: mean over seeds.
    """

    strategy: str
    transfer: str
    labels: int
    measures: dict[str, Estimate]
    difference: Estimate | None
    labels_for_scratch: float | None
    weights: int
    seconds: float
    pretraining_seconds: float

    @property
    def name(self) -> str:
        """The method's name for people."""
        return method_name(self.strategy, self.transfer)

    @property
    def pretrained(self) -> bool:
        """Whether this is what the study asks about, not what it compares with."""
        return self.strategy not in (SCRATCH, *BASELINES)

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return verdict(self.difference) in (HELPS, HARMS)


@dataclass(frozen=True)
class Pretraining:
    """How well one strategy's pretraining went, over its seeds."""

    strategy: str
    measures: dict[str, Estimate]
    weights: int
    seconds: float

    @property
    def name(self) -> str:
        """The strategy's name for people."""
        return _STRATEGIES.get(self.strategy, self.strategy)


@dataclass(frozen=True)
class Comparison:
    """All that a study's table shows.

    Attributes:
        study: its name.
        question: that it answers.
        monitor: the main measure.
        verdicts: for each label budget, whether the best pretraining helps.
        answers: a few sentences for each label budget.
        rows: for each label budget and method.
        pretraining: for each pretrained strategy.
    """

    study: str
    question: str
    monitor: str
    verdicts: list[str]
    answers: list[str]
    rows: list[Row]
    pretraining: list[Pretraining]

    @property
    def labels(self) -> list[int]:
        """The label budgets, smallest first."""
        return sorted({row.labels for row in self.rows})

    def at(self, labels: int) -> list[Row]:
        """Return the rows of one label budget."""
        return [row for row in self.rows if row.labels == labels]


def method_name(strategy: str, transfer: str) -> str:
    """Return what people call a strategy with a transfer, e.g. 'denoising, fine-tuned'."""
    return _STRATEGIES.get(strategy, strategy) + _TRANSFERS.get(transfer, f", {transfer}")


def measure_name(measure: str) -> str:
    """Return what people call a measure, e.g. 'average precision'."""
    return _MEASURES.get(measure, measure.replace("_", " "))


def write_comparison(path: Path, comparison: Comparison) -> None:
    """Write a comparison as JSON."""
    write_json(path, asdict(comparison))


def read_comparison(path: Path) -> Comparison:
    """Read what `write_comparison` wrote.

    Raises:
        UserError: if the file is missing or of another version.
    """
    remedy = f"run: make run STUDY={path.parent.name}"
    if not path.is_file():
        raise UserError(f"{path} is missing; {remedy}")
    try:
        return TypeAdapter(Comparison).validate_python(read_json(path))
    except ValidationError as error:
        raise UserError(f"{path} is not of this version; {remedy}") from error


def compare(evaluation: Record, study: Record) -> Comparison:
    """Return the comparison of the runs that the study declares.

    Raises:
        UserError: for a declared run that the evaluation lacks.
    """
    monitor = evaluation["monitor"]
    rows = _rows(_declared([*evaluation["runs"], *evaluation["failed"]], study), monitor)
    answers = _answers(rows, monitor)
    return Comparison(
        study=study["study"],
        question=study["question"],
        monitor=monitor,
        verdicts=[verdict for verdict, _ in answers],
        answers=[sentences for _, sentences in answers],
        rows=rows,
        pretraining=_pretraining(evaluation["pretraining"], study),
    )


def _pretraining(runs: list[Record], study: Record) -> list[Pretraining]:
    declared = {(run["strategy"], run["seed"]) for run in study["runs"]}
    kept = (run for run in runs if (run["strategy"], run["seed"]) in declared)
    return [
        Pretraining(
            strategy=group[0]["strategy"],
            measures=_estimates(group),
            weights=group[0]["weights"],
            seconds=fmean(run["seconds"] for run in group),
        )
        for group in _grouped(kept, "strategy")
    ]


_IDENTITY = ("strategy", "transfer", "labels", "seed")


def _declared(runs: list[Record], study: Record) -> list[Record]:
    """Return the evaluated runs in the order in which the study declares them."""
    found = {tuple(run[key] for key in _IDENTITY): run for run in runs}
    kept = []
    for declared in study["runs"]:
        run = found.get(tuple(declared[key] for key in _IDENTITY))
        if run is None or run["run"] not in declared["runs"].values():
            method = method_name(declared["strategy"], declared["transfer"])
            raise UserError(
                f"evaluation.json lacks a run ({method}, {declared['labels']} labels, seed "
                f"{declared['seed']}); run: make run STUDY={study['study']}"
            )
        kept.append(run)
    return [run for run in kept if "failed" not in run]


def _grouped(runs: Iterable[Record], *keys: str) -> list[list[Record]]:
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for run in runs:
        groups.setdefault(tuple(run[key] for key in keys), []).append(run)
    return list(groups.values())


def _estimates(runs: list[Record]) -> dict[str, Estimate]:
    return {name: estimate([run["measures"][name] for run in runs]) for name in runs[0]["measures"]}


def _by_seed(runs: list[Record], measure: str) -> dict[int, float]:
    return {run["seed"]: run["measures"][measure] for run in runs}


def _rows(runs: list[Record], monitor: str) -> list[Row]:
    """Return a row for each method and budget: scratch first, then baselines, then the rest."""
    groups = _grouped(runs, "labels", "strategy", "transfer")
    scratch = {g[0]["labels"]: _by_seed(g, monitor) for g in groups if g[0]["strategy"] == SCRATCH}
    order = (SCRATCH, *BASELINES)
    groups.sort(
        key=lambda g: (
            g[0]["labels"],
            order.index(g[0]["strategy"]) if g[0]["strategy"] in order else len(order),
        )
    )
    return [_row(group, scratch, monitor) for group in groups]


def _row(runs: list[Record], scratch: dict[int, dict[int, float]], monitor: str) -> Row:
    first, measures = runs[0], _estimates(runs)
    itself = first["strategy"] == SCRATCH
    curve = {labels: fmean(values.values()) for labels, values in scratch.items()}
    beside = scratch.get(first["labels"], {})
    return Row(
        strategy=first["strategy"],
        transfer=first["transfer"],
        labels=first["labels"],
        measures=measures,
        difference=None if itself else paired_difference(_by_seed(runs, monitor), beside),
        labels_for_scratch=None if itself else labels_needed(curve, measures[monitor].mean),
        weights=first["weights"],
        seconds=fmean(run["seconds"] for run in runs),
        pretraining_seconds=fmean(run["pretraining_seconds"] for run in runs),
    )


def _answers(rows: list[Row], monitor: str) -> list[tuple[str, str]]:
    """Return for each label budget a verdict and a few sentences."""
    budgets = sorted({row.labels for row in rows})
    return [_answer([row for row in rows if row.labels == labels], monitor) for labels in budgets]


def _answer(rows: list[Row], monitor: str) -> tuple[str, str]:
    start = f"With {rows[0].labels:,} labels "
    scratch = next((row for row in rows if row.strategy == SCRATCH), None)
    candidates = [row for row in rows if row.pretrained]
    if scratch is None or not candidates:
        nothing = "there is nothing to compare"
        return nothing, f"{start}{nothing}."
    best = max(candidates, key=lambda row: row.measures[monitor].mean)
    found = verdict(best.difference)
    text = (
        f"{start}{found}: {best.name}, the best pretraining, has {measure_name(monitor)} "
        f"{best.measures[monitor].mean:.3f} against {scratch.measures[monitor].mean:.3f} from "
        f"scratch, a difference of {signed(best.difference)}."
    )
    return found, text + _saving(best) + _rival(rows, monitor)


def _saving(best: Row) -> str:
    needed = best.labels_for_scratch
    # Without a clear difference there is nothing that was saved.
    if needed is None or verdict(best.difference) != HELPS:
        return ""
    return f" Scratch would need about {needed:,.0f} labels for as much."


def _rival(rows: list[Row], monitor: str) -> str:
    """Return a sentence if a baseline is the best of all."""
    best = max(rows, key=lambda row: row.measures[monitor].mean)
    if best.strategy not in BASELINES:
        return ""
    return f" The baseline {best.name} has more: {best.measures[monitor].mean:.3f}."


def verdict(difference: Estimate | None) -> str:
    """Return whether pretraining helps: only an interval that leaves out zero says so."""
    if difference is None or difference.low is None or difference.high is None:
        return "there is no answer, since one seed gives no interval"
    if difference.low > 0:
        return HELPS
    return HARMS if difference.high < 0 else "there is no clear difference"
