"""What the stages between prepare and evaluate share: jobs in, finished run folders out."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from narrows import runs
from narrows.config import Config, run_name
from narrows.errors import UserError
from narrows.files import read_json, read_yaml, write_json
from narrows.launching.choice import stage_launcher
from narrows.launching.job import Job
from narrows.packing import read_card
from narrows.study.plan import BUILD, Strategy
from narrows.workers import run_all

_FAILED = "failed.json"


@dataclass(frozen=True)
class Plan:
    """What compose wrote for a stage of a strategy.

    Attributes:
        strategy: with its configs.
        seeds: of all runs.
        labels: the label budgets; none for pretraining.
        tuned_on: the seeds that choices are tried with.
        monitor: the measure that says which choice is best.
    """

    strategy: Strategy
    seeds: list[int]
    labels: list[int]
    tuned_on: list[int]
    monitor: str


def read_plan(study: str, stage: str, name: str) -> Plan:
    """Read what compose wrote for a stage."""
    content = read_yaml(BUILD / study / "configs" / stage / f"{name}.yaml")
    return Plan(
        Strategy(name, content["pretrain"], content.get("transfers", {})),
        content["seeds"],
        content.get("labels", []),
        content.get("tuned_on", []),
        content.get("monitor", ""),
    )


def check_budgets(build: Path, labels: list[int]) -> None:
    """Tell of too many labels before anything is trained with them.

    Args:
        build: folder of the study.
        labels: the label budgets.

    Raises:
        UserError: if a budget is larger than the labelled training part.
    """
    examples = read_card(build / "data")["parts"]["train"]["labelled"]
    if max(labels) > examples:
        raise UserError(
            f"study {build.name}: labels has {max(labels)}, but the training part has {examples} "
            f"labelled examples; write {examples} or fewer"
        )


def train_runs(study: str, stage: str, name: str, configs: list[Config], what: str = "") -> None:
    """Train runs of one stage and strategy and put them into the stage's output.

    Runs are kept in runs/, by their identity, and linked from there: DVC empties a stage's output
    before it runs the stage, but a finished run is never computed twice. What diverged, or would
    start from an encoder that did, is noted in the output with the reason.

    Args:
        study: its name.
        stage: pretrain or finetune.
        name: of the strategy.
        configs: of the runs.
        what: the runs are for, to be shown.
    """
    build, out = BUILD / study, BUILD / study / stage / name
    out.mkdir(parents=True, exist_ok=True)
    without = failed_runs(build / "pretrain" / name) if stage == "finetune" else {}
    # Those of an earlier call for other configs; these are tried again.
    names = {run_name(config) for config in configs}
    failed = {run: reason for run, reason in failed_runs(out).items() if run not in names}
    failed |= {
        run_name(config): f"its pretraining failed: {without[config['pretrained']]}"
        for config in configs
        if config["pretrained"] in without
    }
    jobs = [
        Job(
            config,
            build / "data",
            runs.RUNS / run_name(config),
            build / "pretrain" / name / config["pretrained"] if config["pretrained"] else None,
        )
        for config in configs
        if config["pretrained"] not in without
    ]
    if jobs:
        failed |= run_all(jobs, stage_launcher(), f"{stage} {name}{what}")
    write_json(out / _FAILED, failed)
    for job in jobs:
        if job.folder.name not in failed:
            link_run(job.folder, out / job.folder.name)


def failed_runs(out: Path) -> dict[str, str]:
    """Return the runs of a stage's output that failed, each with its reason."""
    path = out / _FAILED
    return read_json(path) if path.is_file() else {}


def link_run(folder: Path, out: Path) -> None:
    """Link a finished run's files into `out`, or copy them to another file system."""
    out.mkdir(parents=True, exist_ok=True)
    present = [name for name in runs.OPTIONAL if (folder / name).is_file()]
    for name in (*runs.RESULTS, *present):
        (out / name).unlink(missing_ok=True)
        try:
            os.link(folder / name, out / name)
        except OSError:
            shutil.copy2(folder / name, out / name)
