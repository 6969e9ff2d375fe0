"""Runs as tasks of Ray."""

import os
import socket
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from pydantic import NonNegativeInt, PositiveInt

from narrows.errors import UserError
from narrows.launching.job import Broken, Job, Outcome, do

_ANSWER_SECONDS = 10


class Ray:
    """Has a task of Ray for each run; one whose node or process dies is begun again and goes on.

    Args:
        address: of a cluster; None starts one on this machine.
        cpus: of a run.
        gpus: of a run.
        again: how often a run is begun again.

    Raises:
        UserError: if Ray is not installed, or there is no cluster at the address.
    """

    def __init__(
        self,
        address: str | None = None,
        cpus: PositiveInt = 1,
        gpus: NonNegativeInt = 0,
        again: NonNegativeInt = 3,
    ) -> None:
        self.ray = _ray()
        _check(address)
        try:
            self.ray.init(address, include_dashboard=False, log_to_driver=False, logging_level=40)
        except (ConnectionError, ValueError) as error:
            raise UserError(f"launcher.address={address}: {str(error).splitlines()[0]}") from error
        options: dict[str, Any] = {"num_cpus": cpus, "num_gpus": gpus, "max_retries": again}
        self.task = self.ray.remote(_work).options(**options)
        found = self.ray.cluster_resources()
        self.at_once = int(found.get("CPU", 0) // cpus)
        if gpus:
            self.at_once = min(self.at_once, int(found.get("GPU", 0) // gpus))
        if not self.at_once:
            raise UserError(f"launcher=ray: the cluster has not {cpus} CPUs and {gpus} GPUs")
        self.running: dict[Any, Job] = {}

    @property
    def has_room(self) -> bool:
        """Tell whether the cluster has what another run needs."""
        return len(self.running) < self.at_once

    def start(self, job: Job) -> None:
        """Begin a run."""
        self.running[self.task.remote(job, Path.cwd())] = job

    def wait(self) -> list[tuple[Job, float | Outcome]]:
        """Wait until a run has ended."""
        ready, _ = self.ray.wait(list(self.running), num_returns=1)
        return [(self.running.pop(task), self._outcome(task)) for task in ready]

    def _outcome(self, task: Any) -> Outcome:
        try:
            return self.ray.get(task)
        except self.ray.exceptions.RayError as error:
            return Broken(str(error).splitlines()[0])

    def __enter__(self) -> "Ray":
        return self

    def __exit__(self, *error: object) -> None:
        for task in self.running:
            self.ray.cancel(task, force=True)
        self.running.clear()
        self.ray.shutdown()


def _ray() -> ModuleType:
    # Ray counts its users over the network otherwise.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        raise UserError("launcher=ray needs the package ray; pip install 'narrows[ray]'") from error
    return ray


def _check(address: str | None) -> None:
    """Tell soon of an address where nobody answers: Ray itself would try for many minutes."""
    if address is None:
        return
    parts = urlsplit(address if "//" in address else f"ray://{address}")
    if parts.hostname and parts.port:
        try:
            socket.create_connection((parts.hostname, parts.port), _ANSWER_SECONDS).close()
        except OSError as error:
            raise UserError(f"launcher.address={address}: no cluster answers there") from error


def _work(job: Job, folder: Path) -> Outcome:
    """Do a job; its paths are relative to the folder where the driver was started."""
    os.chdir(folder)
    return do(job)
