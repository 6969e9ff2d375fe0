"""DVC stage: measure every declared run on the test part, and draw what decoders make of it."""

import argparse
import sys
from pathlib import Path
from typing import Any

from narrows import runs
from narrows.assessment import assess
from narrows.config import run_name
from narrows.errors import exit_code
from narrows.evaluation import load_run, write_examples
from narrows.files import read_json, read_yaml, write_compact, write_json
from narrows.head import GRID
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.study.plan import BUILD, SCIKIT_LEARN
from narrows.study.stages import failed_runs, read_plan

# All examples of a part, or those with labels.
_BOTH = (False, True)
Test = dict[bool, PackedDataset]


def main() -> None:
    """Write build/STUDY/evaluation.json and build/STUDY/pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    build = BUILD / parser.parse_args().study
    declared = read_yaml(build / "configs" / "study.yaml")
    test = {labelled: PackedDataset.open(build / "data", "test", labelled) for labelled in _BOTH}
    pretraining, pictures = evaluate_pretraining(declared, build, test)
    encoders = {entry["run"]: entry for entry in pretraining}
    finetuned = []
    baselines = read_json(build / "baselines.json")
    failed = [entry for entry in baselines if "failed" in entry]
    networks = [run for run in declared["runs"] if run["transfer"] != SCIKIT_LEARN]
    for number, run in enumerate(networks, 1):
        chosen = chosen_run(run, build / "finetune" / run["strategy"])
        if "failed" in chosen:
            failed.append(chosen)
            continue
        folder = build / "finetune" / run["strategy"] / chosen["run"]
        module = load_run(folder).module
        measured = measure(module, folder, test)
        if run["seed"] != declared["seeds"][0]:
            # A heat map is of one run.
            measured["details"].pop("cooccurrence", None)
        finetuned.append({**chosen, **measured, **pretraining_cost(encoders, run["pretrained"])})
        if number % 25 == 0 or number == len(networks):
            print(f"evaluate: {number} of {len(networks)} runs", flush=True)
    write_compact(
        build / "evaluation.json",
        {
            "study": declared["study"],
            "question": declared["question"],
            "monitor": declared["monitor"],
            "labels": common_labels(finetuned),
            "environment": made_with(build, finetuned),
            "runs": finetuned + [entry for entry in baselines if "failed" not in entry],
            "failed": failed,
            "pretraining": pretraining,
            "pictures": pictures,
        },
    )


def chosen_run(declared: dict[str, Any], stage: Path) -> dict[str, Any]:
    """Return a declared run with what its method's tuning has chosen, and its failure if any."""
    kept = {key: value for key, value in declared.items() if key != "runs"}
    chosen = read_json(stage / "chosen.json")[declared["transfer"]][str(declared["labels"])]
    run = declared["runs"][chosen["choice"]]
    reason = failed_runs(stage).get(run)
    return {**kept, "run": run, **chosen} | ({} if reason is None else {"failed": reason})


def pretraining_cost(
    encoders: dict[str, dict[str, Any]], pretrained: str | None
) -> dict[str, float | None]:
    """Return what the encoder that a run starts from has cost; nothing without one."""
    encoder = encoders.get(pretrained or "", {})
    return {
        "pretraining_seconds": encoder.get("seconds", 0.0),
        "pretraining_memory_mb": encoder.get("memory_mb"),
    }


def common_labels(entries: list[dict[str, Any]]) -> list[str]:
    """Return the labels of the first run, and leave them out of all runs that have the same."""
    labels = entries[0]["details"].get("labels", []) if entries else []
    for entry in entries:
        if entry["details"].get("labels") == labels:
            del entry["details"]["labels"]
    return labels


def made_with(build: Path, entries: list[dict[str, Any]]) -> dict[str, str]:
    """Return versions, device and commit of the first run; with baselines, scikit-learn's too."""
    found: dict[str, Any] = {}
    if entries:
        first = entries[0]
        found = read_json(build / "finetune" / first["strategy"] / first["run"] / runs.ENVIRONMENT)
    baselines = read_yaml(build / "configs" / "baselines.yaml")
    if baselines["baselines"]:
        found["scikit-learn"] = baselines["scikit-learn"]
    return {name: value for name, value in found.items() if isinstance(value, str)}


def evaluate_pretraining(
    declared: dict[str, Any], build: Path, test: Test
) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Measure each pretraining run; draw the examples of each strategy's first seed."""
    entries, pictures = [], {}
    (build / "pictures").mkdir(parents=True, exist_ok=True)
    for name in declared["pretraining"]:
        plan, stage = read_plan(declared["study"], "pretrain", name), build / "pretrain" / name
        names = {c["seed"]: run_name(c) for c in plan.strategy.pretrain_runs(plan.seeds)}
        failed = failed_runs(stage)
        modules = {s: load_run(stage / n).module for s, n in names.items() if n not in failed}
        for seed, module in modules.items():
            measured = measure(module, stage / names[seed], test)
            del measured["details"]
            entries.append({"strategy": name, "seed": seed, "run": names[seed], **measured})
        if modules:
            first = next(iter(modules.values()))
            rows = write_examples(first, test[False], build / "pictures" / f"{name}.png")
            # A table's and a document's examples are no pictures.
            pictures |= {name: rows} if rows else {}
    # DVC would warn of an empty folder.
    write_json(build / "pictures" / "rows.json", pictures)
    return entries, pictures


def measure(module: Module, folder: Path, test: Test) -> dict[str, Any]:
    """Return a run's measures on the test part, with details; its size; what it tried and cost.

    The main measure on the validation part is beside them, for those who choose between studies.
    """
    data = test[module.task.needs_labels]
    assessment = assess(module, data, runs.read_decisions(folder))
    cost, metrics = read_json(folder / runs.ENVIRONMENT), read_json(folder / runs.METRICS)
    return {
        "measures": assessment.measures,
        "details": assessment.details,
        "on_validation": metrics.get(f"val/{module.task.monitor}"),
        "weights": metrics["weights"],
        # Of an exact head's cross-validation: where it chose the weakest one is noted.
        "penalties": len(GRID) if "head_weakest_penalty" in metrics else 0,
        "seconds": cost["seconds"]["training"],
        "memory_mb": cost.get("memory_mb"),
    }


if __name__ == "__main__":
    sys.exit(exit_code(main))
