"""Measure a finished run on the test part, which nothing before has looked at."""

from pathlib import Path

import torch

from narrows import runs
from narrows.build import Parts, build
from narrows.files import read_yaml, write_with
from narrows.loading import PackedDataset
from narrows.pictures import example_images, sheet
from narrows.training import load_weights


def load_run(folder: Path) -> Parts:
    """Build a finished run's module with its weights."""
    config = read_yaml(folder / runs.CONFIG)
    torch.set_num_threads(config["threads"])
    parts = build(config)
    load_weights(parts.module, folder)
    return parts


def evaluate(folder: Path, data: Path) -> dict[str, float]:
    """Return the run's measures on the test part; write its pictures into its folder."""
    module = load_run(folder).module
    test = PackedDataset.open(data, "test")
    if images := example_images(module, test):
        picture = sheet(list(images.values()))
        write_with(folder / "examples.png", lambda path: picture.save(path, format="png"))
    return module.evaluate(test)
