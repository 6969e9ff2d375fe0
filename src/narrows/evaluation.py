"""Measure a finished run on the test part, which nothing before has looked at."""

from pathlib import Path
from typing import NamedTuple

import torch

from narrows import runs
from narrows.assessment import MEAN, assess, measure_without
from narrows.build import Parts, build
from narrows.files import read_yaml, write_with
from narrows.loading import PackedDataset
from narrows.measuring.cautions import cautions
from narrows.module import Module
from narrows.pictures import example_images, named_sheet
from narrows.tasks.multi_label import MultiLabel
from narrows.training import load_weights

# A run with more than this part of the training mean's error has hardly learned; of another
# answer's it is the whole.
_HARDLY = 0.8


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
        without: of the task's answer without a network, such as a picture's bicubic enlargement, or
            of the training mean for one that gives examples back; empty if it has none.
        called: what that answer is called.
        cautions: what to keep in mind with predictions of labels, in sentences.
    """

    measures: dict[str, float]
    without: dict[str, float]
    called: str
    cautions: list[str]

    def flat(self) -> dict[str, float]:
        """Return all measures, those without a network with its name behind theirs."""
        called = self.called.replace(" ", "_")
        return self.measures | {f"{name}_{called}": v for name, v in self.without.items()}

    @property
    def hint(self) -> str | None:
        """Return what to do about a run that has hardly learned; None for one that has."""
        error, other = self.measures.get("sse"), self.without.get("sse")
        part = _HARDLY if self.called == MEAN else 1.0
        if error is None or other is None or error < part * other:
            return None
        return (
            f"this is hardly better than “{self.called}” beside it, which takes no network: train "
            "for more epochs or, above all with few examples, with a larger steps_per_epoch; or "
            "the code is too narrow"
        )


def evaluate_run(folder: Path, data: Path) -> Evaluation:
    """Return what the run is worth on the test part; write its pictures into its folder."""
    module = load_run(folder).module
    test = PackedDataset.open(data, "test", labelled=module.task.needs_labels)
    write_examples(module, test, folder / "examples.png")
    assessed = assess(module, test, runs.read_decisions(folder))
    called, without = measure_without(module, test, lambda: PackedDataset.open(data, "train"))
    task = module.task
    told = cautions(assessed, test.y[:, task.columns]) if isinstance(task, MultiLabel) else []
    return Evaluation(assessed.measures, without, called, told)


def write_examples(module: Module, data: PackedDataset, path: Path) -> list[str]:
    """Draw the first examples as they go in and come out.

    Returns:
        What the picture's rows show, from the top; none if the task has no pictures.
    """
    images = example_images(module, data)
    if images:
        picture = named_sheet(images)
        write_with(path, lambda temporary: picture.save(temporary, format="png"))
    return list(images)
