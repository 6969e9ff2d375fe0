"""What the stages between prepare and evaluate share: jobs in, finished run folders out."""

import os
import shutil
from pathlib import Path

from narrows import runs
from narrows.config import Config, run_name
from narrows.errors import UserError
from narrows.files import read_yaml, write_json
from narrows.parallel import cores
from narrows.study.plan import BUILD, Strategy
from narrows.wandb_service import share_service
from narrows.workers import Job, run_all


def read_strategy(study: str, stage: str, name: str) -> tuple[Strategy, list[int], list[int]]:
    """Read what compose wrote for a stage: the strategy, its label budgets and its seeds."""
    content = read_yaml(BUILD / study / "configs" / stage / f"{name}.yaml")
    strategy = Strategy(name, content["pretrain"], content.get("transfers", {}))
    return strategy, content.get("labels", []), content["seeds"]


def train_runs(study: str, stage: str, name: str, configs: list[Config]) -> None:
    """Train the runs of one stage and strategy and put them into the stage's output.

    Runs are kept in runs/, by their identity, and linked from there: DVC empties a stage's output
    before it runs the stage, but a finished run is never computed twice.
    """
    build, out = BUILD / study, BUILD / study / stage / name
    out.mkdir(parents=True, exist_ok=True)
    jobs = [
        Job(
            config,
            build / "data",
            runs.RUNS / run_name(config),
            build / "pretrain" / name / config["pretrained"] if config["pretrained"] else None,
        )
        for config in configs
    ]
    if any(config["tracker"]["_target_"].endswith("wandb_logger") for config in configs):
        share_service()
    if jobs:
        run_all(jobs, _workers(), f"{stage} {name}")
    write_json(out / "runs.json", [job.folder.name for job in jobs])
    for job in jobs:
        link_run(job.folder, out / job.folder.name)


def _workers() -> int:
    """Return how many runs to train at once.

    Raises:
        UserError: if params.yaml says something else than auto or a whole number.
    """
    asked = read_yaml(Path("params.yaml")).get("workers", "auto")
    if asked == "auto":
        return cores()
    if not isinstance(asked, int) or asked < 1:
        raise UserError(f"params.yaml: workers={asked} is neither auto nor a whole number above 0")
    return asked


def link_run(folder: Path, out: Path) -> None:
    """Link a finished run's files into `out`, or copy them to another file system."""
    out.mkdir(parents=True, exist_ok=True)
    for name in runs.RESULTS:
        (out / name).unlink(missing_ok=True)
        try:
            os.link(folder / name, out / name)
        except OSError:
            shutil.copy2(folder / name, out / name)
