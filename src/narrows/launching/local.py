"""Runs in processes of this machine, so that all cores are busy."""

import multiprocessing
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from typing import Literal

from pydantic import PositiveInt

from narrows.launching.job import Broken, Job, Outcome, do
from narrows.parallel import cores, end_with_parent, start_forkserver
from narrows.wandb_service import LOGGER, share_service


class Local:
    """Has a process for each run, forked from one that has imported what runs need already.

    Args:
        workers: the most runs at once; auto is one for each processor core.
    """

    def __init__(self, workers: PositiveInt | Literal["auto"] = "auto") -> None:
        self.workers = cores() if workers == "auto" else workers
        self.shares_service = False
        self.running: dict[Connection, tuple[Job, ForkServerProcess]] = {}

    @property
    def has_room(self) -> bool:
        """Tell whether a worker is free."""
        return len(self.running) < self.workers

    def start(self, job: Job) -> None:
        """Begin a run in a process of its own."""
        start_forkserver([job.module, "wandb"])
        self._share(job)
        context = multiprocessing.get_context("forkserver")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(job, theirs))
        process.start()
        theirs.close()
        self.running[ours] = job, process

    def _share(self, job: Job) -> None:
        """Start W&B's own process for all runs, with the first one that logs there."""
        target = job.config.get("tracker", {}).get("_target_")
        if target == LOGGER and not self.shares_service:
            share_service()
            self.shares_service = True

    def wait(self) -> list[tuple[Job, float | Outcome]]:
        """Wait until workers have told how far they are, or have ended."""
        news = list[tuple[Job, float | Outcome]]()
        for ready in wait(list(self.running)):
            assert isinstance(ready, Connection)  # noqa: S101
            job, process = self.running[ready]
            event = _receive(ready)
            if not isinstance(event, float | int):
                process.join()
                del self.running[ready]
            news.append((job, event))
        return news

    def __enter__(self) -> "Local":
        return self

    def __exit__(self, *error: object) -> None:
        for _, process in self.running.values():
            process.terminate()
        for _, process in self.running.values():
            process.join()
        self.running.clear()


def _receive(connection: Connection) -> float | Outcome:
    try:
        return connection.recv()
    except EOFError:
        return Broken("its process was killed")


def _work(job: Job, connection: Connection) -> None:
    """Train one job in a process of its own and tell the parent how far it is."""
    end_with_parent()
    connection.send(do(job, connection.send))
