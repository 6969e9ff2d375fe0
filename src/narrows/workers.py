"""Runs side by side in processes of their own, so that all cores are busy."""

import multiprocessing
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from narrows import runs
from narrows.config import Config
from narrows.errors import FailedRunError, UserError
from narrows.inputs import make_inputs
from narrows.parallel import end_with_parent, start_forkserver
from narrows.progress import Display


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


class _Failed(NamedTuple):
    reason: str


def run_all(jobs: list[Job], workers: int, title: str) -> dict[str, str]:
    """Train all jobs, at most `workers` at once; one that fails does not stop the others.

    Each job has a process of its own, forked from one that has imported what they need already.
    Where all runs are finished, none is started.

    Returns:
        The names of runs that ended without a result and would again, each with its reason.

    Raises:
        UserError: at the end, if any failed otherwise.
    """
    todo = [job for job in reversed(jobs) if not _is_finished(job)]
    if not todo:
        return {}
    context = multiprocessing.get_context("forkserver")
    start_forkserver([*sorted({job.module for job in todo}), "wandb"])
    failures, failed = list[str](), dict[str, str]()
    running: dict[Connection, tuple[Job, BaseProcess]] = {}
    display = Display(title, len(jobs), "runs")
    waiting = {job.folder.name for job in todo}
    shares = {job.folder.name: 1.0 for job in jobs if job.folder.name not in waiting}
    try:
        with display:
            while todo or running:
                while todo and len(running) < workers:
                    job = todo.pop()
                    running |= [_start(context, job)]
                for connection in wait(list(running)):
                    assert isinstance(connection, Connection)  # noqa: S101
                    job, process = running[connection]
                    message = _receive(connection)
                    if isinstance(message, float):
                        shares[job.folder.name] = message
                        _show(display, shares)
                        continue
                    process.join()
                    del running[connection]
                    if isinstance(message, _Failed):
                        failed[job.folder.name] = message.reason
                    elif message is not None:
                        failures.append(f"{job.folder.name}: {message}")
                    shares[job.folder.name] = 1.0
                    _show(display, shares)
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            process.join()
    if failures:
        raise UserError(f"{len(failures)} of {len(jobs)} runs failed; {'; '.join(failures)}")
    return failed


def _is_finished(job: Job) -> bool:
    """Tell whether a run needs no process; one that left a state behind has it removed there."""
    finished = (job.folder / runs.METRICS).is_file() and not (job.folder / runs.RESUME).exists()
    return finished and runs.is_complete(
        job.folder, make_inputs(job.config, job.data, job.pretrained)
    )


def _show(display: Display, shares: dict[str, float]) -> None:
    display.show(sum(shares.values()), sum(share >= 1 for share in shares.values()))


def _start(context: Any, job: Job) -> tuple[Connection, tuple[Job, BaseProcess]]:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, theirs))
    process.start()
    theirs.close()
    return ours, (job, process)


def _receive(connection: Connection) -> float | str | _Failed | None:
    """Return the share of a job done, how it failed, or None for its good end."""
    try:
        return connection.recv()
    except EOFError:
        return "its process was killed"


def _work(job: Job, connection: Connection) -> None:
    """Train one job in a process of its own and tell the parent how far it is."""
    end_with_parent()
    try:
        import_module(job.module).train(
            job.config,
            job.data,
            job.folder,
            lambda done, epochs, _: connection.send(done / epochs * 0.999),
            job.pretrained,
        )
        connection.send(None)
    except FailedRunError as error:
        connection.send(_Failed(str(error)))
    except Exception as error:
        if not isinstance(error, UserError):
            import traceback

            traceback.print_exc()
        connection.send(str(error) or type(error).__name__)
