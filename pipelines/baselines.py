"""DVC stage: fit scikit-learn's classifiers on the same labelled examples, and measure them."""

import argparse
import sys
from pathlib import Path
from typing import Any

from narrows import runs
from narrows.config import run_name
from narrows.errors import exit_code
from narrows.files import read_json, read_yaml, write_json
from narrows.launching.choice import stage_launcher
from narrows.launching.job import Job
from narrows.study.plan import BUILD, baseline_configs, declared_baselines
from narrows.workers import run_all


def main() -> None:
    """Write build/STUDY/baselines.json; it is an empty list for a study without baselines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    fit(BUILD / parser.parse_args().study)


def fit(build: Path) -> None:
    """Fit what is not in runs/ yet, and put the entries of all runs together."""
    content = read_yaml(build / "configs" / "baselines.yaml")
    configs = baseline_configs(
        *(content[key] for key in ("baselines", "labels", "seeds", "dataset", "task"))
    )
    folders = [runs.RUNS / run_name(config) for config in configs]
    jobs = [
        Job(config, build / "data", folder, module="narrows.fitting")
        for config, folder in zip(configs, folders, strict=True)
    ]
    failed = run_all(jobs, stage_launcher(), "baselines") if jobs else {}
    declared = declared_baselines(configs)
    entries = [entry(d, folder, failed) for d, folder in zip(declared, folders, strict=True)]
    write_json(build / "baselines.json", entries)


def entry(declared: dict[str, Any], folder: Path, failed: dict[str, str]) -> dict[str, Any]:
    """Return what the evaluation has of a run: its result with the options tried, or why none."""
    kept = {key: value for key, value in declared.items() if key != "runs"}
    kept["run"] = folder.name
    if folder.name in failed:
        return {**kept, "failed": failed[folder.name]}
    cost = read_json(folder / runs.ENVIRONMENT)
    return {
        **kept,
        **read_json(folder / runs.EVALUATION),
        "seconds": cost["seconds"]["training"],
        "tuning_seconds": cost["seconds"]["tuning"],
        "memory_mb": cost.get("memory_mb"),
        "pretraining_seconds": 0.0,
    }


if __name__ == "__main__":
    sys.exit(exit_code(main))
