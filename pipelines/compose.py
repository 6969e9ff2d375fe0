"""DVC stage: compose, resolve and check the config of every run of a study."""

import argparse
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from narrows.build import prune, validate
from narrows.check import target_of
from narrows.code import fingerprint
from narrows.config import Config
from narrows.errors import UserError, exit_code
from narrows.files import read_yaml, write_yaml
from narrows.inputs import code_of, code_of_baseline
from narrows.preparing import code_of_dataset
from narrows.study.commands import words_of
from narrows.study.plan import (
    BUILD,
    Strategy,
    Study,
    baseline_configs,
    compose_strategy,
    declared_baselines,
    declared_runs,
    read_study,
)

_TASK = "narrows.tasks.multi_label.MultiLabel"


def main() -> None:
    """Write build/STUDY/configs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    name = parser.parse_args().study
    study = read_study(name, read_yaml(Path("params.yaml"))["overrides"] or "")
    strategies = [compose_strategy(study, s, prune) for s in study.strategies]
    for strategy in strategies:
        check(study, strategy)
    check_the_same(study, strategies)
    write(study, strategies, BUILD / name / "configs")


def check(study: Study, strategy: Strategy) -> None:
    """Check the configs of a strategy, as `narrows train` would."""
    labels, seeds = study.options["labels"], study.options["seeds"]
    finetuned = [run.config for run in strategy.finetune_runs(labels[:1], seeds[:1])]
    for config in [*strategy.pretrain_runs(seeds[:1]), *finetuned]:
        validate(config)
        if config["trainer"].get("devices") != 1:
            raise UserError(
                "a study trains runs side by side, each on one device; use trainer=auto or "
                "trainer.devices=1"
            )
    tasks = {config["task"]["_target_"] for config in finetuned}
    if study.options["baselines"] and tasks - {_TASK}:
        raise UserError(
            f"study {study.name}: baselines are for task=multi_label; leave baselines out"
        )


def check_the_same(study: Study, strategies: list[Strategy]) -> None:
    """Check that all runs are on the same data, and all with labels at the same task."""
    labelled = [config for strategy in strategies for config in labelled_configs(strategy)]
    pretraining = [strategy.pretrain for strategy in strategies if strategy.pretrain]
    first = labelled[0]
    if any(config["dataset"] != first["dataset"] for config in (*pretraining, *labelled)):
        raise UserError(f"study {study.name}: all runs of a study must have the same dataset")
    if any(config["task"] != first["task"] for config in labelled):
        raise UserError(f"study {study.name}: all of its transfers must have the same task")


def labelled_configs(strategy: Strategy) -> list[Config]:
    """Return the configs that learn labels: of each transfer and choice."""
    return [config for choices in strategy.transfers.values() for config in choices.values()]


def write(study: Study, strategies: list[Strategy], folder: Path) -> None:
    """Write a file for each stage, with the fingerprint of the code that it runs."""
    shutil.rmtree(folder, ignore_errors=True)
    labels, seeds = study.options["labels"], study.options["seeds"]
    tune = study.options["tune"]
    for strategy in strategies:
        pretraining = [strategy.pretrain] if strategy.pretrain else []
        labelled = labelled_configs(strategy)
        write_yaml(
            folder / "pretrain" / f"{strategy.name}.yaml",
            {
                "code": [code_of(c) for c in pretraining],
                "torch": version("torch"),
                "seeds": seeds,
                "pretrain": strategy.pretrain,
            },
        )
        write_yaml(
            folder / "finetune" / f"{strategy.name}.yaml",
            {
                "code": [code_of(c) for c in labelled],
                "torch": version("torch"),
                "seeds": seeds,
                "labels": labels,
                "tuning": fingerprint(["narrows.study.tuning"]),
                "tuned_on": seeds[: tune["seeds"]],
                "monitor": vars(target_of(labelled[0]["task"], "task"))["monitor"],
                "pretrain": strategy.pretrain,
                "transfers": strategy.transfers,
            },
        )
    names, first = study.options["baselines"], labelled_configs(strategies[0])[0]
    dataset, task = first["dataset"], first["task"]
    write_yaml(folder / "dataset.yaml", {"code": code_of_dataset(dataset), "dataset": dataset})
    baselines = declared_baselines(baseline_configs(names, labels, seeds, dataset, task))
    write_yaml(
        folder / "baselines.yaml",
        {
            "code": {name: code_of_baseline(name) for name in names},
            "torch": version("torch"),
            "scikit-learn": version("scikit-learn"),
            "seeds": seeds,
            "labels": labels,
            "baselines": names,
            "dataset": dataset,
            "task": task,
        },
    )
    write_yaml(
        folder / "study.yaml",
        {
            "study": study.name,
            **{key: study.options[key] for key in ("question", "about", "labels", "seeds", "tune")},
            "monitor": vars(target_of(task, "task"))["monitor"],
            "code": fingerprint(["narrows.evaluation"]),
            "torch": version("torch"),
            "pretraining": [s.name for s in strategies if s.pretrain],
            "overrides": words_of(study, strategies),
            "runs": declared_runs(study, strategies) + baselines,
        },
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
