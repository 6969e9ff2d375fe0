"""Trains one seed of a trial: an ordinary run, which reports its values and may be stopped."""

from dataclasses import dataclass
from pathlib import Path

import torch

from narrows import runs, training
from narrows.config import Config
from narrows.errors import FailedRunError, UnfinishedError, UserError
from narrows.inputs import make_inputs
from narrows.recording import Progress, Row, read_history
from narrows.sweeping.declaration import Declaration
from narrows.sweeping.pruning import Reporter
from narrows.sweeping.storage import naming, open_storage

# What the config of a trial's run has beside what the run is made of.
KEY = "sweep"


@dataclass(frozen=True)
class Seed:
    """Which seed of which trial a run is.

    Attributes:
        declaration: of the sweep.
        study: its name in the storage.
        storage: its file.
        number: of the trial.
        place: of the seed.
    """

    declaration: Declaration
    study: str
    storage: Path
    number: int
    place: int

    def reporter(self, epochs: int) -> Reporter | None:
        """Return what the run's values are told; None with two objectives, of which none is."""
        if len(self.declaration.objectives) > 1:
            return None
        storage = open_storage(self.storage)
        return Reporter(self.declaration, self.study, storage, self.number, self.place, epochs)


def train(
    config: Config, data: Path, folder: Path, progress: Progress, pretrained: Path | None = None
) -> bool:
    """Do what `narrows.training.train` does, and report each epoch to the sweep.

    Args:
        config: of the run, with its `Seed` under `sweep`.
        data: folder of the prepared data set.
        folder: of the run.
        progress: is told of each epoch.
        pretrained: folder of the run whose encoder it starts from.

    Raises:
        FailedRunError: if training diverged, the sweep has stopped the run, or it cannot be
            trained with these options.
    """
    seed = config[KEY]
    with naming(seed.storage):
        return _train_seed(seed, without_seed(config), data, folder, progress, pretrained)


def _train_seed(
    seed: Seed, own: Config, data: Path, folder: Path, progress: Progress, pretrained: Path | None
) -> bool:
    reporter = seed.reporter(own["epochs"])
    if reporter is None:
        return _train(own, data, folder, progress, pretrained)
    for row in _rows_before(own, data, folder, pretrained):
        reporter.report(row)

    def told(done: int, epochs: int, row: Row) -> None:
        progress(done, epochs, row)
        reporter.report(row)

    fresh = _train(own, data, folder, told, pretrained)
    # It may have been finished before, or another process may have trained it meanwhile.
    for row in read_history(folder / runs.HISTORY):
        reporter.report(row)
    return fresh


def replay(seed: Seed, config: Config, folder: Path) -> None:
    """Report all epochs of a finished run that were not reported yet.

    Raises:
        PrunedError: if the run would have been stopped.
    """
    if reporter := seed.reporter(config["epochs"]):
        for row in read_history(folder / runs.HISTORY):
            reporter.report(row)


def without_seed(config: Config) -> Config:
    """Return the run's own config."""
    return {key: value for key, value in config.items() if key != KEY}


def _train(
    config: Config, data: Path, folder: Path, progress: Progress, pretrained: Path | None
) -> bool:
    try:
        return training.train(config, data, folder, progress, pretrained)
    except (FailedRunError, UnfinishedError):
        raise
    except UserError as error:
        # Options that do not go together: the same would come of it again.
        raise FailedRunError(str(error)) from error


def _rows_before(config: Config, data: Path, folder: Path, pretrained: Path | None) -> list[Row]:
    """Return the epochs that a run that was cut off, or stopped, has behind it."""
    if runs.inputs_of(folder) != make_inputs(config, data, pretrained):
        return []
    if (folder / runs.METRICS).is_file() or not (folder / runs.RESUME).is_file():
        return []
    state = torch.load(folder / runs.RESUME, weights_only=True)
    return next(found["rows"] for found in state["callbacks"].values() if "rows" in found)
