"""The files that a sweep's results are written to, and their W&B run."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from narrows.files import write_csv, write_json, write_text
from narrows.report.svg import DARK, write_png
from narrows.sweeping.page import declared, render_page
from narrows.sweeping.plan import Plan
from narrows.sweeping.plots import figures
from narrows.sweeping.results import Results, Tried
from narrows.use_log import shown
from narrows.wandb_service import LOGGER, start_run

REPORTS = Path("reports/sweeps")
PAGE, TABLE, NUMBERS = "index.html", "trials.csv", "results.json"


def write_results(folder: Path, results: Results, words: list[str]) -> list[Path]:
    """Write page, table, numbers and plots.

    Args:
        folder: of the report.
        results: of the sweep.
        words: of its command.

    Returns:
        The files.
    """
    write_text(folder / PAGE, render_page(results, words))
    write_csv(folder / TABLE, _table(results))
    write_json(folder / NUMBERS, _numbers(results))
    drawn = figures(results)
    for old in folder.glob("*.png"):
        if old.stem not in drawn:
            old.unlink()
    for name, draw in drawn.items():
        write_png(folder / f"{name}.png", draw(DARK))
    return [folder / name for name in (PAGE, TABLE, NUMBERS, *(f"{n}.png" for n in drawn))]


def _table(results: Results) -> Iterator[list[object]]:
    """Yield headings, then a line for each trial."""
    declaration = results.declaration
    names = list(declaration.objectives)
    deviations = [f"{name} s.d." for name in names] if len(declaration.seeds) > 1 else []
    options = list(declaration.space)
    yield ["trial", "state", *names, *deviations, *options, "epochs", "seconds", "reason", "runs"]
    for trial in results.trials:
        yield [
            trial.number,
            trial.state,
            *(trial.values or [""] * len(names)),
            *(trial.deviations or [""] * len(deviations)),
            *(trial.params.get(option, "") for option in options),
            max(trial.reports, default=""),
            trial.seconds,
            trial.reason,
            " ".join(trial.runs),
        ]


def _numbers(results: Results) -> dict[str, Any]:
    return {
        "sweep": results.declaration.name,
        "declared": declared(results.declaration),
        "best": [_one(trial) for trial in results.trials if trial.number in results.front],
        "importance": results.importance,
        "trials": [_one(trial) for trial in results.trials],
    }


def _one(trial: Tried) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "state": trial.state,
        "values": list(trial.values),
        "params": trial.params,
        "reason": trial.reason,
        "runs": list(trial.runs),
    }


def log_results(plan: Plan, results: Results, files: list[Path], folder: Path) -> None:
    """Log the report to W&B, in the group of the sweep's runs, if these are logged there.

    What fails is told and is no error: the files are there.

    Args:
        plan: of the sweep.
        results: of it.
        files: of the report.
        folder: for W&B's own files.
    """
    if plan.tracker["_target_"] != LOGGER:
        return
    try:
        _log(plan, results, files, folder)
    except Exception as error:
        print(f"the sweep's report is not in W&B: {error}", file=sys.stderr)  # noqa: T201


def _log(plan: Plan, results: Results, files: list[Path], folder: Path) -> None:
    tracker, name = plan.tracker, plan.declaration.name
    start: dict[str, Any] = {
        "project": tracker.get("project"),
        "group": tracker.get("group") or name,
        "job_type": "sweep",
        "config": {"sweep": declared(plan.declaration)},
    }
    with start_run(f"sweep-{plan.study}", folder, **start) as run:
        run.log({file.name.replace(".", "_"): found for file in files if (found := shown(file))})
        for place, objective in enumerate(plan.declaration.objectives):
            if results.front:
                best = results.best(results.front[0])
                run.summary[f"best/{objective}"] = best.values[place]
