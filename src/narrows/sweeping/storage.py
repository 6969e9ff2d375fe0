"""Optuna's storage of a sweep's trials, and what becomes of one. Imports no torch."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from narrows.errors import UnfinishedError
from narrows.sweeping.declaration import Declaration
from narrows.sweeping.space import Choices, Params, Space

JOURNAL, SQLITE = "journal.log", "trials.sqlite"
# User attributes of a trial.
ENDING, PRUNED, RUNS = "ending", "pruned", "runs"
# How long a process waits for its turn with SQLite.
LOCK_SECONDS = 60
optuna.logging.set_verbosity(optuna.logging.WARNING)


class Ending(TypedDict):
    """How a trial ended.

    Attributes:
        state: finished, pruned or failed.
        values: of the objectives, means over the seeds; none unless it is finished.
        by_seed: values of each seed.
        seconds: of training, all seeds together.
        reason: why there are no values.
    """

    state: str
    values: list[float]
    by_seed: list[list[float]]
    seconds: float
    reason: str


def storage_path(declaration: Declaration, folder: Path) -> Path:
    """Return the file that a sweep's trials are kept in."""
    return folder / (SQLITE if declaration.storage == "sqlite" else JOURNAL)


class JournalLock:
    """Lets one process write to a journal at a time, and mends what a full disk left of a line.

    The system releases it when its process is killed; Optuna's own locks are waited for then.

    Args:
        path: of the journal.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle: int | None = None

    def acquire(self) -> bool:
        """Wait for one's turn."""
        self.handle = os.open(self.path, os.O_RDWR)
        fcntl.flock(self.handle, fcntl.LOCK_EX)
        _drop_half_line(self.handle)
        return True

    def release(self) -> None:
        """Let others write."""
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None


def _drop_half_line(handle: int) -> None:
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        whole = os.pread(handle, size, 0).rfind(b"\n") + 1
        os.ftruncate(handle, whole)


def open_storage(path: Path) -> BaseStorage:
    """Open a storage, which is made if it is not there."""
    if path.name == SQLITE:
        # Several processes write: each waits for its turn.
        connect = {"timeout": LOCK_SECONDS}
        return RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": connect})
    lock: Any = JournalLock(path)
    return JournalStorage(JournalFileBackend(str(path), lock))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have what SQLite says, such as that it is locked, told in one line with its file."""
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, sqlite3.OperationalError):
            cause = cause.__cause__
        if cause is None:
            raise
        told = str(cause)
        if "locked" in told:
            told += (
                f" by another process for more than {LOCK_SECONDS} seconds; wait for it or end it"
            )
        raise UnfinishedError(f"{path}: {told}") from error


def open_study(declaration: Declaration, name: str, storage: BaseStorage) -> optuna.Study:
    """Open a sweep's study, which is made if it is not there."""
    # What is drawn and stopped is decided on copies, see `history`.
    given: dict[str, Any] = {
        "storage": storage,
        "study_name": name,
        "sampler": optuna.samplers.RandomSampler(0),
        "pruner": optuna.pruners.NopPruner(),
    }
    # Asking to make one writes into the journal, even where there is one.
    if name in optuna.get_all_study_names(storage):
        return optuna.load_study(**given)
    directions = list(declaration.objectives.values())
    return optuna.create_study(directions=directions, **given)


def begin(study: optuna.Study, space: Space, params: Params) -> Trial:
    """Begin a trial with these values: at no moment is there one without them."""
    study.enqueue_trial(params)
    return take_up(study, space, len(study.get_trials(deepcopy=False)) - 1)


def take_up(study: optuna.Study, space: Space, number: int) -> Trial:
    """Return a trial that was begun, perhaps by a process that was killed at any moment."""
    frozen = study.get_trials(deepcopy=False)[number]
    waits = frozen.state == TrialState.WAITING
    trial = study.ask() if waits else Trial(study, frozen._trial_id)
    for name in params_of(frozen):
        suggest(trial, name, space)
    return trial


def suggest(trial: Trial, name: str, space: Space) -> Any:
    """Return a trial's value of an option."""
    values = space[name].values
    if isinstance(values, Choices):
        return trial.suggest_categorical(name, values.values)
    if values.is_whole:
        step = int(values.step or 1)
        return trial.suggest_int(name, int(values.low), int(values.high), step=step, log=values.log)
    return trial.suggest_float(name, values.low, values.high, step=values.step, log=values.log)


def params_of(trial: FrozenTrial) -> Params:
    """Return a trial's values, which it has from its first moment on."""
    return trial.system_attrs["fixed_params"]


def ending_of(trial: FrozenTrial) -> Ending | None:
    """Return how a trial ended; None if it has not."""
    return trial.user_attrs.get(ENDING)


def tell(study: optuna.Study, number: int, ending: Ending) -> None:
    """Have the study know how a trial ended."""
    if ending["state"] == "finished":
        study.tell(number, ending["values"], skip_if_finished=True)
    else:
        state = TrialState.PRUNED if ending["state"] == "pruned" else TrialState.FAIL
        study.tell(number, state=state, skip_if_finished=True)
