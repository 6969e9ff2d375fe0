"""Measure a finished run on the test part, which nothing before has looked at."""

from pathlib import Path
from typing import NamedTuple

import torch

from narrows import runs
from narrows.assessment import assess, measure_without
from narrows.build import Parts, build
from narrows.files import read_yaml, write_with
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.pictures import example_images, sheet
from narrows.training import load_weights


def load_run(folder: Path) -> Parts:
    """Build a finished run's module with its weights."""
    config = read_yaml(folder / runs.CONFIG)
    torch.set_num_threads(config["threads"])
    parts = build(config, runs.read_spec(folder))
    load_weights(parts.module, folder)
    return parts


class Evaluation(NamedTuple):
    """What a run is worth on the test part.

    Attributes:
        measures: of the run.
        without: of the task's answer without a network, such as a picture's bicubic enlargement;
            empty if it has none.
        called: what that answer is called.
    """

    measures: dict[str, float]
    without: dict[str, float]
    called: str

    def flat(self) -> dict[str, float]:
        """Return all measures, those without a network with its name behind theirs."""
        return self.measures | {f"{name}_{self.called}": v for name, v in self.without.items()}


def evaluate_run(folder: Path, data: Path) -> Evaluation:
    """Return what the run is worth on the test part; write its pictures into its folder."""
    module = load_run(folder).module
    test = PackedDataset.open(data, "test", labelled=module.task.needs_labels)
    write_examples(module, test, folder / "examples.png")
    measures = assess(module, test, runs.read_decisions(folder)).measures
    called = getattr(module.task, "without_network", "")
    return Evaluation(measures, measure_without(module, test), called)


def write_examples(module: Module, data: PackedDataset, path: Path) -> list[str]:
    """Draw the first examples as they go in and come out.

    Returns:
        What the picture's rows show, from the top; none if the task has no pictures.
    """
    images = example_images(module, data)
    if images:
        picture = sheet(list(images.values()))
        write_with(path, lambda temporary: picture.save(temporary, format="png"))
    return list(images)
