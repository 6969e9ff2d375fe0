"""Every experiment, trained for two steps on a slice of its data set."""

import json
import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from helpers import choices, run
from slices import Slice

from narrows.blocks import InMemory
from narrows.build import make, prune
from narrows.config import compose_config
from narrows.datasets.base import Part
from narrows.errors import UserError
from narrows.evaluation import evaluate_run
from narrows.packing import prepare

SLICE = 40

# They share what is prepared of a data set.
pytestmark = pytest.mark.xdist_group("experiments")


def sliced(dataset):
    """The data set with at most SLICE examples a part."""
    load = dataset.load

    def first(work):
        parts = {}
        for name, part in load(work).items():
            rows = part.x if hasattr(part.x, "block") else InMemory(part.x)
            labelled = rows.shape[0] if part.labelled is None else part.labelled
            chosen = np.unique(np.linspace(0, max(labelled, 1) - 1, SLICE).astype(int))
            parts[name] = Part(Slice(rows, chosen), part.y[chosen])
        return parts

    object.__setattr__(dataset, "load", first)
    return dataset


@pytest.fixture(scope="module")
def data_of(tmp_path_factory):
    """Return a function that prepares a slice of a data set, once for all that learn from it."""
    folders = {}

    def prepared(node):
        key = json.dumps(node)
        if key not in folders:
            folder = tmp_path_factory.mktemp("data")
            prepare(sliced(make(node)), node, folder / "data")
            folders[key] = folder / "data"
        return folders[key]

    return prepared


@pytest.mark.parametrize("name", choices("experiment"))
def test_an_experiment_runs_from_data_to_measures(name, data_of, workdir):
    words = ["tracker=none", "trainer=cpu", "epochs=1", "steps_per_epoch=2"]
    if "font" in name:
        # Those that are installed differ from one machine to another, and may be many.
        words += [f"dataset.path={mpl.get_data_path()}/fonts", "dataset.on_error=skip"]
    config = prune(compose_config([f"experiment={name}", *words]))
    if config["labels"]:
        config["labels"] = min(config["labels"], SLICE // 2)
    try:
        data = data_of(config["dataset"])
    except UserError as error:
        if "NARROWS_DATA" in str(error):
            pytest.skip(str(error))
        raise
    measures = evaluate_run(run(config, data, Path("run")), data).measures
    assert measures
    assert all(math.isfinite(value) for value in measures.values())
