"""What a study's evaluation says, as rows, and as sentences."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean

from pydantic import TypeAdapter, ValidationError

from narrows.errors import UserError
from narrows.files import read_json, write_json
from narrows.report.again import Again, runs_again
from narrows.report.answers import answer, headline
from narrows.report.label_rows import PerLabel, label_rows
from narrows.report.rows import (
    Record,
    Row,
    estimates,
    grouped,
    make_rows,
    mean_of_known,
    method_name,
    strategy_name,
)
from narrows.report.together import Together, together
from narrows.report.tried import tried, validation_spent
from narrows.study.intervals import Estimate

RESULTS = "results.json"


@dataclass(frozen=True)
class Pretraining:
    """How well one strategy's pretraining went, over its seeds."""

    strategy: str
    measures: dict[str, Estimate]
    weights: int
    seconds: float
    memory: float | None = None

    @property
    def name(self) -> str:
        """The strategy's name for people."""
        return strategy_name(self.strategy)


@dataclass(frozen=True)
class Comparison:
    """All that a study's table shows.

    Attributes:
        study: its name.
        question: that it answers.
        monitor: the main measure.
        headline: the answer in a line or two.
        verdicts: for each label budget, whether the best pretraining helps.
        answers: a few sentences for each label budget.
        rows: for each label budget and method.
        pretraining: for each pretrained strategy.
        failed: a line for each run that failed, with the reason.
        per_label: results of each label; None where the runs have no labels in common.
        together: which labels come together; None where none do.
        made_with: versions, device and commit of the first run.
        again: for each method with an encoder, how one of its runs is made again.
        tried: what each kind of method has chosen its options from.
        validation: what labelled examples of the validation part were spent on; "" for nothing.
    """

    study: str
    question: str
    monitor: str
    headline: str
    verdicts: list[str]
    answers: list[str]
    rows: list[Row]
    pretraining: list[Pretraining]
    failed: list[str]
    per_label: PerLabel | None
    together: Together | None
    made_with: dict[str, str]
    again: list[Again] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    validation: str = ""

    @property
    def tests(self) -> int:
        """How many comparisons Holm's correction is made for."""
        return sum(row.against is not None and row.against.p_holm is not None for row in self.rows)

    @property
    def labels(self) -> list[int]:
        """The label budgets, smallest first."""
        return sorted({row.labels for row in self.rows})

    def at(self, labels: int) -> list[Row]:
        """Return the rows of one label budget."""
        return [row for row in self.rows if row.labels == labels]


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


def compare(evaluation: Record, study: Record, labelled: int = 0) -> Comparison:
    """Return the comparison of the runs that the study declares.

    Args:
        evaluation: of the runs.
        study: as it was declared.
        labelled: how many examples of the validation part have labels.

    Raises:
        UserError: for a declared run that the evaluation lacks.
    """
    monitor = evaluation["monitor"]
    runs = _declared([*evaluation["runs"], *evaluation["failed"]], study)
    finished = [run for run in runs if "failed" not in run]
    rows = make_rows(finished, monitor)
    budgets = sorted({row.labels for row in rows})
    answers = [answer([row for row in rows if row.labels == n], monitor) for n in budgets]
    verdicts = [verdict for verdict, _ in answers]
    return Comparison(
        study=study["study"],
        question=study["question"],
        monitor=monitor,
        headline=headline(dict(zip(budgets, verdicts, strict=True)), rows, monitor),
        verdicts=verdicts,
        answers=[sentences for _, sentences in answers],
        rows=rows,
        pretraining=_pretraining(evaluation["pretraining"], study),
        failed=[_failure(run) for run in runs if "failed" in run],
        per_label=label_rows(finished, rows, evaluation["labels"], monitor),
        together=together(finished, rows, monitor),
        made_with=evaluation["environment"],
        again=runs_again(finished, rows, study),
        tried=tried(finished, study),
        validation=validation_spent(rows, labelled),
    )


def _pretraining(runs: list[Record], study: Record) -> list[Pretraining]:
    declared = {(run["strategy"], run["seed"]) for run in study["runs"]}
    kept = (run for run in runs if (run["strategy"], run["seed"]) in declared)
    return [
        Pretraining(
            strategy=group[0]["strategy"],
            measures=estimates(group),
            weights=group[0]["weights"],
            seconds=fmean(run["seconds"] for run in group),
            memory=mean_of_known(run.get("memory_mb") for run in group),
        )
        for group in grouped(kept, "strategy")
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
    return kept


def _failure(run: Record) -> str:
    method = method_name(run["strategy"], run["transfer"])
    return f"{method}, {run['labels']:,} labels, seed {run['seed']}: {run['failed']}"
