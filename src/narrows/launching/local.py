"""Runs in processes of this machine, so that all cores are busy."""

import math
import multiprocessing
import time
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import PositiveFloat, PositiveInt

from narrows.launching.job import Broken, Job, Outcome, do
from narrows.parallel import cores, end_with_parent, start_forkserver
from narrows.wandb_service import LOGGER, share_service


class _Running(NamedTuple):
    job: Job
    process: BaseProcess
    end: float


class Local:
    """Has a process for each run, forked from one that has imported what runs need already.

    Args:
        workers: the most runs at once; auto is one for each processor core.
        minutes: that a run may take before its process is ended; None for no limit.
    """

    # How a process begins; forking this one would take all that it has started along.
    method: ClassVar = "forkserver"

    def __init__(
        self,
        workers: PositiveInt | Literal["auto"] = "auto",
        minutes: PositiveFloat | None = None,
    ) -> None:
        self.workers = cores() if workers == "auto" else workers
        self.minutes = minutes
        self.shares_service = False
        self.running: dict[Connection, _Running] = {}

    @property
    def has_room(self) -> bool:
        """Tell whether a worker is free."""
        return len(self.running) < self.workers

    def start(self, job: Job) -> None:
        """Begin a run in a process of its own."""
        # First what workers read in their environment, which is that of their server's start.
        self._share(job)
        start_forkserver([job.module, "wandb"])
        context: Any = multiprocessing.get_context(self.method)
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(job, theirs))
        process.start()
        theirs.close()
        end = math.inf if self.minutes is None else time.monotonic() + 60 * self.minutes
        self.running[ours] = _Running(job, process, end)

    def _share(self, job: Job) -> None:
        """Start W&B's own process for all runs, with the first one that logs there."""
        target = job.config.get("tracker", {}).get("_target_")
        if target == LOGGER and not self.shares_service:
            share_service()
            self.shares_service = True

    def wait(self) -> list[tuple[Job, float | Outcome]]:
        """Wait until workers have told how far they are, or have ended."""
        news = list[tuple[Job, float | Outcome]]()
        while not news:
            left = min(run.end for run in self.running.values()) - time.monotonic()
            for ready in wait(list(self.running), None if left == math.inf else max(left, 0)):
                assert isinstance(ready, Connection)  # noqa: S101
                run, event = self.running[ready], _receive(ready)
                if not isinstance(event, float | int):
                    run.process.join()
                    del self.running[ready]
                news.append((run.job, event))
            news += self._end_late()
        return news

    def _end_late(self) -> list[tuple[Job, float | Outcome]]:
        """End runs that have had their time."""
        late = {c: run for c, run in self.running.items() if run.end < time.monotonic()}
        for connection, run in late.items():
            # One that hangs may not listen to anything less.
            run.process.kill()
            run.process.join()
            del self.running[connection]
        told = f"it took more than launcher.minutes={self.minutes:g}" if late else ""
        return [(run.job, Broken(told)) for run in late.values()]

    def __enter__(self) -> "Local":
        return self

    def __exit__(self, *error: object) -> None:
        for run in self.running.values():
            run.process.terminate()
        for run in self.running.values():
            run.process.join()
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
