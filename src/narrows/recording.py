"""Lightning callbacks that keep a run's history and the state to resume from."""

import csv
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins import TorchCheckpointIO
from pytorch_lightning.callbacks import Checkpoint

from narrows.errors import DivergedError
from narrows.files import replacing, write_csv
from narrows.module import Module

# At most this part of the time goes into saving the state to resume from.
_SHARE_OF_TIME = 0.05

Row = dict[str, float]
# Called after each epoch with (epochs done, epochs in all, the epoch's values).
Progress = Callable[[int, int, Row], None]


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place, then moves it there: a kill leaves the last one."""

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,  # type: ignore[override]
        storage_options: Any | None = None,
    ) -> None:
        """Save a checkpoint, whole or not at all."""
        del storage_options
        # Given a path, torch writes in C++ and a full disk is no OSError.
        with replacing(Path(path)) as temporary, temporary.open("wb") as handle:
            try:
                torch.save(checkpoint, handle)
            except RuntimeError as error:
                # Given a file, it may end what it cannot write with an error of its own on top.
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from None
                raise


class Recorder(Checkpoint):
    """Keeps one row of values per epoch, and saves the state at ends of epochs.

    It is a Checkpoint so that Lightning calls it last, when all values of the epoch are known.

    Args:
        resume: the file for the state to resume from.
        progress: is told of each epoch.
    """

    def __init__(self, resume: Path, progress: Progress) -> None:
        super().__init__()
        self.resume, self.progress = resume, progress
        self.rows: list[Row] = []
        self.seconds = 0.0
        self._started = self._saved = time.monotonic()
        self._cost = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started = self._saved = time.monotonic()

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell the logger where training is."""
        self._log_place(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add the epoch's row, stop a run that diverged, save the state if it is time."""
        values = {name: float(v) for name, v in sorted(trainer.callback_metrics.items())}
        self._log_place(trainer, pl_module)
        epoch = trainer.current_epoch + 1
        row = {**values, "epoch": epoch, "step": self._steps(trainer, pl_module)}
        self.rows.append(row)
        loss = values["train/loss"]
        if not (math.isfinite(loss) and all(p.isfinite().all() for p in pl_module.parameters())):
            what = f"the loss is {loss}" if not math.isfinite(loss) else "weights are not finite"
            raise DivergedError(
                f"training diverged: {what} after epoch {epoch}; lower optimizer.lr"
            )
        self._save(trainer)
        if trainer.is_global_zero:
            self.progress(epoch, trainer.max_epochs or epoch, row)

    def _log_place(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Have the logger count epochs from 1 and optimizer steps, not chunks of them."""
        steps = float(self._steps(trainer, module))
        module.log_dict({"epoch": trainer.current_epoch + 1.0, "step": steps})

    def _steps(self, trainer: pl.Trainer, module: pl.LightningModule) -> int:
        """Return the optimizer steps up to the end of this epoch; Lightning counts chunks."""
        assert isinstance(module, Module)  # noqa: S101
        return (trainer.current_epoch + 1) * module.steps_per_epoch

    def _save(self, trainer: pl.Trainer) -> None:
        now = time.monotonic()
        due = (now - self._saved) * _SHARE_OF_TIME >= self._cost
        # All processes of a distributed run save together: the first one's clock decides.
        if not trainer.strategy.broadcast(due):
            return
        trainer.save_checkpoint(self.resume)
        self._saved = time.monotonic()
        self._cost = self._saved - now

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run goes on from."""
        return {"rows": self.rows, "seconds": self.elapsed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the rows and the time of the run that was cut off."""
        self.rows, self.seconds = state_dict["rows"], state_dict["seconds"]

    @property
    def elapsed(self) -> float:
        """Seconds of training, over all starts."""
        return self.seconds + time.monotonic() - self._started


def write_history(path: Path, rows: list[Row]) -> None:
    """Write one line per epoch."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    write_csv(path, [names, *([row.get(name, "") for name in names] for row in rows)])


def read_history(path: Path) -> list[Row]:
    """Read what `write_history` wrote."""
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        return [{name: float(value) for name, value in row.items() if value} for row in rows]
