"""From a config's dataset to its packed form. Imports no torch."""

from pathlib import Path
from typing import Any

from narrows.check import safe_target
from narrows.code import fingerprint
from narrows.datasets.base import Dataset
from narrows.packing import prepared

DATA = Path("data")


def dataset_of(node: dict[str, Any]) -> Dataset:
    """Return the data set that a checked node names."""
    options = {key: value for key, value in node.items() if key != "_target_"}
    return safe_target(node, "dataset")(**options)


def code_of_dataset(node: dict[str, Any]) -> str:
    """Return the fingerprint of the code that prepares the data set."""
    return fingerprint([node["_target_"].rsplit(".", 1)[0], "narrows.packing"])


def prepare_node(node: dict[str, Any]) -> Path:
    """Return the folder with the packed data set, preparing it if it is not there."""
    return prepared(dataset_of(node), node, code_of_dataset(node), DATA)
