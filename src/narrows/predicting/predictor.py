"""A trained run that says the labels of new examples: `Predictor.of("runs/…").predict(file)`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from narrows import runs
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.files import read_yaml
from narrows.loading import PackedDataset
from narrows.measuring.calibration import calibrate
from narrows.measuring.decisions import Decisions
from narrows.measuring.thresholds import HALF, exceed
from narrows.new_examples import Examples, read_examples
from narrows.tasks.multi_label import MultiLabel


class Predictions(NamedTuple):
    """What a run says of some examples.

    Attributes:
        names: n files, or places in the source, counted from 0 without headings.
        probabilities: (n, k) as the network gives them, float32.
        calibrated: (n, k) the same, calibrated on the validation part, float32.
        said: (n, k) bool, whether the example has the label: its probability, not calibrated, is
            above the label's threshold.
    """

    names: list[str | int]
    probabilities: np.ndarray
    calibrated: np.ndarray
    said: np.ndarray


class Predictor:
    """Says which labels examples have.

    Thresholds and calibration are those that the run chose on its validation part for each label;
    where it chose none, the threshold is 1/2 and nothing is calibrated.

    Args:
        folder: of the run.

    Attributes:
        labels: names of the k labels.
        decisions: what was chosen on the validation part; None if nothing was.
        exclusive: whether each example of that part has exactly one label, as far as is known.
        options: of the run's dataset.

    Raises:
        UserError: if the run has learned no labels.
    """

    def __init__(self, folder: Path) -> None:
        config = read_yaml(folder / runs.CONFIG)
        _check_task(folder, config["task"]["_target_"])
        self._folder, self._module = folder, load_run(folder).module.eval()
        self.options: dict[str, Any] = config["dataset"]
        task = self._module.task
        assert isinstance(task, MultiLabel)  # noqa: S101
        self.labels = task.labels
        chosen = runs.read_decisions(folder)
        self.decisions = Decisions.from_json(chosen) if chosen else None
        # Runs from before this was noted do not have it.
        self.exclusive = bool(chosen and chosen.get("exclusive"))

    @classmethod
    def of(cls, model: str) -> "Predictor":
        """Load a run by its folder or name.

        Raises:
            UserError: if there is none, or it has learned no labels.
        """
        return cls(runs.find(model, "model"))

    def read(self, path: Path) -> Examples:
        """Read new examples as the run's own data were read.

        Raises:
            UserError: if they cannot be read, or do not fit.
        """
        return read_examples(path, self._folder)

    def predict(self, path: str | Path) -> Predictions:
        """Return what the run says of all examples in a file or folder."""
        examples = self.read(Path(path))
        _, *parts = zip(*self.batches(examples), strict=True)
        return Predictions(list(examples.names), *map(np.concatenate, parts))

    def batches(self, examples: Examples) -> Iterator[Predictions]:
        """Yield what the run says of the examples, in order, some of them at a time."""
        # Tasks take labels too; what they are does not matter.
        labels = torch.zeros(1, len(self._module.spec.labels), dtype=torch.uint8)
        data = PackedDataset(examples.x, labels.expand(len(examples.x), -1))
        start = 0
        for batch in data.batches():
            stop = start + len(batch.x)
            inputs, _ = self._module.task.prepare(batch)
            yield self._decided(list(examples.names[start:stop]), self._module.predict(inputs))
            start = stop

    def _decided(self, names: list[str | int], probabilities: Tensor) -> Predictions:
        chosen, calibrated = self.decisions, probabilities
        thresholds: Tensor | float = HALF
        if chosen is not None:
            a, b = torch.tensor(chosen.platts, dtype=torch.float64).T
            calibrated = calibrate(probabilities, a, b).float()
            thresholds = torch.tensor(chosen.thresholds, dtype=torch.float64)
        said = exceed(probabilities, thresholds)
        return Predictions(names, probabilities.numpy(), calibrated.numpy(), said.numpy())


def _check_task(folder: Path, target: str) -> None:
    """Check, without building it, that a run has learned labels."""
    task = target.split(".")[-2]
    if task != MultiLabel.__module__.split(".")[-1]:
        raise UserError(
            f"model={folder} has task={task}, which learns no labels; name a run with "
            "task=multi_label"
        )
