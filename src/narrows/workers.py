"""Runs side by side in processes of their own, so that all cores are busy."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from narrows.config import Config
from narrows.errors import UserError

_LINE_SECONDS = 5.0


@dataclass(frozen=True)
class Job:
    """One run to train.

    Attributes:
        config: of the run.
        data: folder of the prepared data set.
        folder: of the run.
        pretrained: folder of the run whose encoder it starts from.
    """

    config: Config
    data: Path
    folder: Path
    pretrained: Path | None = None


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(jobs: list[Job], workers: int, title: str) -> None:
    """Train all jobs, at most `workers` at once; one that fails does not stop the others.

    Each job has a process of its own, forked from one that has imported torch already.

    Raises:
        UserError: at the end, if any failed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["narrows.training", "wandb"])
    _start_forkserver()
    todo, failures = list(reversed(jobs)), list[str]()
    running: dict[Connection, tuple[Job, BaseProcess]] = {}
    display = _Display(title, len(jobs))
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
                        display.advance(job.folder.name, message)
                        continue
                    process.join()
                    del running[connection]
                    if isinstance(message, str):
                        failures.append(f"{job.folder.name}: {message}")
                    display.advance(job.folder.name, 1.0)
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            process.join()
    if failures:
        raise UserError(f"{len(failures)} of {len(jobs)} runs failed; {'; '.join(failures)}")


def _start_forkserver() -> None:
    # Ctrl-C reaches the whole group, but the parent ends the workers: they inherit the mask.
    # The tracker would be started by the server's start, and that unblocks the signal.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(context: Any, job: Job) -> tuple[Connection, tuple[Job, BaseProcess]]:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, theirs))
    process.start()
    theirs.close()
    return ours, (job, process)


def _receive(connection: Connection) -> float | str | None:
    """Return the share of a job done, an error's text, or None for its good end."""
    try:
        return connection.recv()
    except EOFError:
        return "its process was killed"


def _work(job: Job, connection: Connection) -> None:
    """Train one job in a process of its own and tell the parent how far it is."""
    from narrows.training import train

    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        train(
            job.config,
            job.data,
            job.folder,
            lambda done, epochs, _: connection.send(done / epochs * 0.999),
            job.pretrained,
        )
        connection.send(None)
    except Exception as error:
        if not isinstance(error, UserError):
            import traceback

            traceback.print_exc()
        connection.send(str(error) or type(error).__name__)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


class _Display:
    """A progress bar, or where there is no terminal a line now and then."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.done = title, total, dict[str, float]()
        self.bar: Progress | None = None
        if sys.stderr.isatty():
            self.bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
            )
            self.task = self.bar.add_task(title, total=total)
        self.printed = time.monotonic()

    def __enter__(self) -> "_Display":
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar:
            self.bar.stop()

    def advance(self, name: str, share: float) -> None:
        """Note how much of a run is done."""
        self.done[name] = share
        finished = sum(v >= 1 for v in self.done.values())
        if self.bar:
            self.bar.update(self.task, completed=sum(self.done.values()))
        elif time.monotonic() - self.printed > _LINE_SECONDS or finished == self.total:
            self.printed = time.monotonic()
            percent = 100 * sum(self.done.values()) / self.total
            print(f"{self.title}: {percent:.0f} %, {finished} of {self.total} runs", flush=True)  # noqa: T201
