"""A run to train, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from narrows import runs
from narrows.config import Config
from narrows.errors import FailedRunError, UserError
from narrows.inputs import make_inputs


@dataclass(frozen=True)
class Job:
    """One run to train.

    Attributes:
        config: of the run.
        data: folder of the prepared data set.
        folder: of the run.
        pretrained: folder of the run whose encoder it starts from.
        module: whose `train` does it.
    """

    config: Config
    data: Path
    folder: Path
    pretrained: Path | None = None
    module: str = "narrows.training"


class Finished(NamedTuple):
    """The run's folder is complete."""


class Failed(NamedTuple):
    """The run ended without a result and would again."""

    reason: str


class Broken(NamedTuple):
    """Something else came between: the run may end well another time."""

    message: str


Outcome = Finished | Failed | Broken


def is_finished(job: Job) -> bool:
    """Tell whether a run needs no process; one that left a state behind has it removed there."""
    finished = (job.folder / runs.METRICS).is_file() and not (job.folder / runs.RESUME).exists()
    return finished and runs.is_complete(
        job.folder, make_inputs(job.config, job.data, job.pretrained)
    )


def do(job: Job, tell: Callable[[float], object] = lambda _: None) -> Outcome:
    """Train a run, where a launcher has brought it.

    Args:
        job: the run.
        tell: is given the share that is done, below 1.
    """
    try:
        import_module(job.module).train(
            job.config,
            job.data,
            job.folder,
            lambda done, epochs, _: tell(done / epochs * 0.999),
            job.pretrained,
        )
    except FailedRunError as error:
        return Failed(str(error))
    except Exception as error:
        # What the system says, such as that the disk is full, is in the message.
        if not isinstance(error, UserError | OSError):
            import traceback

            traceback.print_exc()
        return Broken(str(error) or type(error).__name__)
    return Finished()
