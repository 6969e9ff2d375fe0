"""One run from the command line: checked, trained, measured on the test part and shown."""

import sys
import time
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows import runs
from narrows.build import make
from narrows.config import Config, run_name
from narrows.evaluation import Evaluation, evaluate_run
from narrows.files import write_json
from narrows.launching.job import Job
from narrows.processes import is_first_process
from narrows.readiness import check_run, prepare_run
from narrows.recording import Row
from narrows.report.measures import grouped_measures, less_is_better, measure_name
from narrows.tracking import log_finished
from narrows.training import train
from narrows.wandb_service import agents_run


def train_single(config: Config, overrides: list[str]) -> None:
    """Check, train and evaluate one run, and print where it is and what came of it.

    Raises:
        UserError: for a mistake in the config, before data is read.
    """
    job = prepare_run(check_run(config, overrides))
    first = is_first_process()
    terminal = sys.stderr.isatty()
    console = Console(stderr=True, quiet=not first)
    console.print(f"run {job.folder}", highlight=False)
    progress = (lambda *_: None) if terminal else PlainProgress()
    if not train(job.config, job.data, job.folder, progress, job.pretrained, bar=terminal):
        console.print("this run was finished before; its results are kept")
        if first and agents_run():
            _tell_agent(job)
    if not first:
        return
    evaluation = evaluate_run(job.folder, job.data)
    write_json(job.folder / runs.EVALUATION, evaluation.flat())
    _print(job.folder, evaluation)


def _tell_agent(job: Job) -> None:
    """Log a finished run to the W&B run that a sweep's agent has made, which would stay empty."""
    name = run_name(job.config)
    logger = make(job.config["tracker"], name=name, config=job.config, folder=job.folder)
    if logger is not None:
        log_finished(logger, job.folder)


def _table(evaluation: Evaluation) -> Table:
    """Return the measures in the groups that a report shows them in, with its names."""
    measures, without = evaluation.measures, evaluation.without
    table = Table("measure", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("test part", justify="right")
    if without:
        table.add_column(evaluation.called, justify="right")
    groups = grouped_measures(measures, facts=True)
    for group in groups:
        # A heading over all there is would tell nothing.
        if len(groups) > 1:
            table.add_row(group.name, style="bold")
        for name in group.measures:
            less = " ↓" if less_is_better(name) else ""
            values = [found[name] for found in (measures, without) if found]
            table.add_row(f"{measure_name(name)}{less}", *(f"{value:.5g}" for value in values))
        table.add_section()
    if any(map(less_is_better, measures)):
        table.caption, table.caption_justify = "↓ less is better", "left"
    return table


class PlainProgress:
    """One line for an epoch where there is no terminal, at most one a second."""

    def __init__(self) -> None:
        self.last = 0.0

    def __call__(self, epoch: int, epochs: int, row: Row) -> None:
        """Print the epoch's values."""
        now = time.monotonic()
        if now - self.last < 1 and epoch < epochs:
            return
        self.last = now
        values = "  ".join(f"{k} {v:.5g}" for k, v in row.items() if k not in ("epoch", "step"))
        print(f"epoch {epoch}/{epochs}  {values}", file=sys.stderr, flush=True)  # noqa: T201


def _print(folder: Path, evaluation: Evaluation) -> None:
    console = Console()
    console.print(_table(evaluation))
    for told in filter(None, [evaluation.hint, *evaluation.cautions]):
        console.print(told, markup=False, highlight=False)
    console.print(f"results: {folder}", highlight=False)
    if (folder / "examples.png").is_file():
        console.print(f"pictures: {folder / 'examples.png'}", highlight=False)
