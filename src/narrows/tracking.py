"""Weights & Biases through Lightning's logger: offline until there is a key, never in the way."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
from PIL import Image
from pytorch_lightning.loggers import WandbLogger

from narrows import runs
from narrows.files import read_json
from narrows.packing import read_card
from narrows.recording import read_history
from narrows.wandb_service import (
    FINISH_SECONDS,
    Mode,
    agents_run,
    mode,
    settings,
    tell_unreachable,
)

_SLOW_SECONDS = 3


def no_logger(**given: Any) -> None:
    """Track nothing: the run's folder has everything all the same."""
    del given


def wandb_logger(
    name: str,
    config: Mapping[str, Any],
    folder: Path,
    project: str = "narrows",
    group: str | None = None,
    job_type: str = "train",
) -> WandbLogger:
    """Start a W&B run, online if a key or a login is there and the server can be reached.

    Its identity is the run's, so that a resumed run goes on in the same W&B run. One that an agent
    of a W&B sweep has started goes into the W&B run that the agent has made, since that one's
    measure is what the sweep waits for; only its name is the run's then.

    Args:
        name: the run's identity.
        config: resolved.
        folder: the run's folder; W&B's own files go into a folder below it.
        project: in W&B.
        group: in W&B, the study.
        job_type: in W&B, the stage.
    """
    import wandb
    from wandb import errors as wandb_errors

    def start(mode: Mode) -> WandbLogger:
        run = wandb.init(
            id=agents_run() or name, name=name, project=project, dir=folder.resolve(), mode=mode,
            resume="allow", group=group, job_type=job_type, config={"run": dict(config)},
            settings=settings(),
        )  # fmt: skip
        return WandbLogger(experiment=run)

    try:
        return start(mode())
    except (wandb_errors.CommError, wandb_errors.AuthenticationError, wandb_errors.UsageError):
        tell_unreachable()
        # W&B's process still holds the run's id; one that a parent started outlives the teardown.
        wandb.teardown(exit_code=1)
        os.environ.pop("WANDB_SERVICE", None)
        return start("offline")


@contextmanager
def _staging_beside(logger: WandbLogger) -> Iterator[None]:
    """Have W&B's copies of artifacts beside its other files, not in the user's home."""
    name = "WANDB_DATA_DIR"
    if name in os.environ:
        yield
        return
    # The run's files are in wandb/RUN/files.
    os.environ[name] = str(Path(logger.experiment.dir).resolve().parents[1])
    try:
        yield
    finally:
        del os.environ[name]


def log_lineage(
    logger: WandbLogger, data: Path, run: Path, pretrained: str | None, task: str
) -> None:
    """Log the dataset's card and the run's weights as artifacts that name what they came from.

    Offline W&B cannot look artifacts up: what a run used is then in the artifacts' metadata.
    """
    import wandb
    from wandb import errors as wandb_errors

    card = read_card(data)
    short = card["dataset"]["_target_"].rsplit(".", 1)[1]
    dataset = wandb.Artifact(f"dataset-{short}", "dataset", metadata=card)
    with _staging_beside(logger):
        dataset.add_file(str(data / "card.json"))
    experiment = logger.experiment
    experiment.log_artifact(dataset)
    if not (experiment.offline or experiment.disabled):
        try:
            with _told_if_slow():
                experiment.use_artifact(dataset.wait(FINISH_SECONDS))
            if pretrained:
                experiment.use_artifact(f"encoder-{pretrained}:latest")
        except (wandb_errors.Error, ValueError) as error:
            print(f"W&B does not know what this run used: {error}", file=sys.stderr)  # noqa: T201
    model = wandb.Artifact(
        f"encoder-{run.name}",
        "model",
        metadata={"task": task, "dataset": dataset.name, "pretrained": pretrained},
    )
    with _staging_beside(logger):
        model.add_file(str(run / "model.safetensors"))
        model.add_file(str(run / "config.yaml"))
    experiment.log_artifact(model)


def log_examples(logger: WandbLogger, columns: Mapping[str, np.ndarray]) -> None:
    """Log a table of example images, one column for each stack of images, (n, H, W[, 3]) uint8."""
    import wandb

    rows = [[wandb.Image(image) for image in row] for row in zip(*columns.values(), strict=True)]
    with _staging_beside(logger):
        logger.experiment.log({"examples": wandb.Table(columns=list(columns), data=rows)})


def log_picture(logger: WandbLogger, picture: Image.Image, caption: str, step: int) -> None:
    """Log a picture of examples at a step of training; W&B shows all steps with a slider."""
    import wandb

    content = {"pictures": wandb.Image(picture, caption=caption), "trainer/global_step": step}
    logger.experiment.log(content)


def log_finished(logger: WandbLogger, folder: Path) -> None:
    """Log what a finished run's files have, as it was logged while it was trained; end the W&B run.

    Args:
        logger: of a W&B run that has nothing yet.
        folder: of the finished run.
    """
    for row in read_history(folder / runs.HISTORY):
        logger.log_metrics({k: v for k, v in row.items() if k != "step"}, int(row["step"]))
    logger.log_metrics(read_json(folder / runs.METRICS))
    close(logger)


def close(logger: WandbLogger, failed: bool = False) -> None:
    """End the W&B run."""
    with _told_if_slow():
        logger.experiment.finish(exit_code=int(failed))


@contextmanager
def _told_if_slow() -> Iterator[None]:
    """Say in a line what is waited for, where W&B's server does not answer at once."""
    line = f"waiting for W&B to send what was logged, {FINISH_SECONDS} seconds at most"
    timer = Timer(_SLOW_SECONDS, print, [line], {"file": sys.stderr})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
