"""Pictures of the validation part for the tracker, while a run is trained."""

from math import ceil

import pytorch_lightning as pl
from pytorch_lightning.loggers import WandbLogger

from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.pictures import example_images, named_sheet
from narrows.tracking import log_picture

# Times that pictures are logged in a run: more would be much the same.
_TIMES = 10


def due(epoch: int, epochs: int) -> bool:
    """Return whether pictures are logged after this epoch, counted from 1."""
    return epoch % ceil(epochs / _TIMES) == 0 or epoch in (1, epochs)


class PictureLog(pl.Callback):
    """Has the tracker show what goes in and what comes out, at about ten evaluations of a run.

    Examples and noise are the same each time, and no random number of training is drawn.

    Args:
        validation: the examples.
    """

    def __init__(self, validation: PackedDataset) -> None:
        self.validation = validation

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log some examples if it is time."""
        epoch = trainer.current_epoch + 1
        if not due(epoch, trainer.max_epochs or 1) or not isinstance(trainer.logger, WandbLogger):
            return
        assert isinstance(pl_module, Module)  # noqa: S101
        if images := example_images(pl_module, self.validation):
            step = epoch * pl_module.steps_per_epoch
            log_picture(trainer.logger, named_sheet(images), f"rows: {', '.join(images)}", step)
