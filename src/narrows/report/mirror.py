"""A study's numbers and plots as a W&B run of its own, beside the runs that it compares."""

import sys
from pathlib import Path
from typing import Any

from narrows.files import read_yaml
from narrows.report import wording
from narrows.report.figures import saved_point
from narrows.report.rows import Row
from narrows.report.tables import Comparison
from narrows.wandb_service import LOGGER, start_run


def tracker_of(configs: Path) -> dict[str, Any] | None:
    """Return the tracker of a study's runs on labels, if it is W&B.

    Args:
        configs: the folder that the stage `compose` has written.
    """
    for path in sorted((configs / "finetune").glob("*.yaml")):
        for choices in read_yaml(path)["transfers"].values():
            for config in choices.values():
                return config["tracker"] if config["tracker"]["_target_"] == LOGGER else None
    return None


def mirror(
    comparison: Comparison, plots: dict[str, Path], tracker: dict[str, Any], folder: Path
) -> None:
    """Log table and plots, online or offline as runs do; what fails is told and is no error.

    Args:
        comparison: what was found.
        plots: PNG files by name.
        tracker: options of the runs' tracker.
        folder: for W&B's own files.
    """
    try:
        _log(comparison, plots, tracker, folder)
    except Exception as error:
        print(f"the report is not in W&B: {error}", file=sys.stderr)  # noqa: T201


def _log(
    comparison: Comparison, plots: dict[str, Path], tracker: dict[str, Any], folder: Path
) -> None:
    import wandb

    start = {"group": comparison.study, "job_type": "compare"}
    with start_run(folder.name, folder, project=tracker.get("project"), **start) as run:
        others = dict.fromkeys(name for row in comparison.rows for name in row.measures)
        others.pop(comparison.monitor)
        rows = [_cells(row, comparison.monitor, list(others)) for row in comparison.rows]
        columns: list[str | int] = list(rows[0])
        cells = [list(row.values()) for row in rows]
        images = {name: wandb.Image(str(path)) for name, path in plots.items()}
        run.log({"results": wandb.Table(columns=columns, data=cells), **images})


def _cells(row: Row, monitor: str, others: list[str]) -> dict[str, Any]:
    value, against = row.measures[monitor], row.against
    saving = against.saving if against and row.clear else None
    return {
        "labels": row.labels,
        "method": row.name,
        monitor: value.mean,
        "low": value.low,
        "high": value.high,
        wording.DIFFERENCE: against.mean.mean if against else None,
        wording.P: against.p_holm if against else None,
        "p, sign flips": against.p_flips if against else None,
        wording.BEATS: against.wins.mean if against else None,
        wording.SAVED: saved_point(saving),
        wording.WEIGHTS: row.weights,
        wording.TRAINING: row.seconds,
        wording.PRETRAINING: row.pretraining_seconds,
        wording.MEMORY: row.memory,
        **{name: row.measures[name].mean if name in row.measures else None for name in others},
    }
