"""Runs as jobs of SLURM, by submitit."""

import getpass
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from narrows.errors import UserError
from narrows.launching.job import Broken, Job, Outcome, do

if TYPE_CHECKING:
    import submitit

# Job scripts, what jobs print, and how they end.
FOLDER = Path("runs/slurm")
# A result is seen by its file, the end of a job without one by asking SLURM.
_LOOK_SECONDS, _ASK_SECONDS = 0.5, 20.0


class Slurm:
    """Has a job of SLURM for each run; those begun together are one array.

    A job that SLURM stops, as it is preempted, its node fails or its time is over, is queued again
    and goes on from its run's last epoch. Where the driver is killed, jobs go on; where it is
    stopped otherwise, they are cancelled.

    Args:
        partition: of the cluster; None for its default.
        account: that is charged; None for the user's default.
        minutes: that a job may take.
        memory_gb: of a job.
        cpus: of a job.
        gpus: of a job.
        at_once: the most jobs of an array at once.
        setup: lines of shell before each job.

    Raises:
        UserError: if submitit is not installed, or there is no SLURM here.
    """

    def __init__(
        self,
        partition: str | None = None,
        account: str | None = None,
        minutes: PositiveInt = 60,
        memory_gb: PositiveFloat = 4,
        cpus: PositiveInt = 1,
        gpus: NonNegativeInt = 0,
        at_once: PositiveInt = 100,
        setup: Sequence[str] = (),
    ) -> None:
        try:
            from submitit import SlurmExecutor
        except ModuleNotFoundError as error:
            raise UserError(
                "launcher=slurm needs the package submitit; pip install 'narrows[slurm]'"
            ) from error
        if not SlurmExecutor.affinity():
            raise UserError("launcher=slurm: there is no srun here; log in to a node that has it")
        self.executor = SlurmExecutor(FOLDER, max_num_timeout=100)
        asked: dict[str, Any] = {"partition": partition, "account": account}
        self.executor.update_parameters(
            job_name="narrows",
            time=minutes,
            mem=f"{memory_gb * 1024:.0f}M",
            cpus_per_task=cpus,
            array_parallelism=at_once,
            setup=list(setup),
            additional_parameters={"requeue": True},
            **({"gpus_per_node": gpus} if gpus else {}),
            **{name: value for name, value in asked.items() if value},
        )
        self.at_once = at_once
        self.begun: list[Job] = []
        self.running: list[tuple[Job, submitit.Job[Outcome]]] = []
        self.asked, self.missing = time.monotonic(), set[str]()

    @property
    def has_room(self) -> bool:
        """Tell whether fewer jobs than may run at once are begun."""
        return len(self.begun) + len(self.running) < self.at_once

    def start(self, job: Job) -> None:
        """Note a run; the next `wait` gives it to SLURM, with others noted until then."""
        self.begun.append(job)

    def wait(self) -> list[tuple[Job, float | Outcome]]:
        """Wait until jobs have ended."""
        self._submit()
        while True:
            ended = [pair for pair in self.running if pair[1].paths.result_pickle.is_file()]
            lost = [] if ended else self._lost()
            if ended or lost:
                break
            time.sleep(_LOOK_SECONDS)
        self.running = [pair for pair in self.running if pair not in ended and pair not in lost]
        return [
            *((job, _outcome(theirs)) for job, theirs in ended),
            *((job, Broken(_told(theirs, "it ended without a result"))) for job, theirs in lost),
        ]

    def _submit(self) -> None:
        if not self.begun:
            return
        from submitit.core.utils import FailedJobError

        try:
            with self.executor.batch():
                jobs = [self.executor.submit(_Work(), job) for job in self.begun]
        except FailedJobError as error:
            raise UserError(f"launcher=slurm: {str(error).strip().splitlines()[-1]}") from error
        self.running += zip(self.begun, jobs, strict=True)
        self.begun.clear()

    def _lost(self) -> list[tuple[Job, "submitit.Job[Outcome]"]]:
        """Return jobs that SLURM has no more of though there is no result.

        A result may take a while to be seen from here: a job is lost that is missing twice.
        """
        if time.monotonic() - self.asked < _ASK_SECONDS:
            return []
        self.asked = time.monotonic()
        known = _queue()
        missing = {theirs.job_id for _, theirs in self.running} - known
        lost, self.missing = missing & self.missing, missing
        return [pair for pair in self.running if pair[1].job_id in lost]

    def __enter__(self) -> "Slurm":
        return self

    def __exit__(self, *error: object) -> None:
        for _, theirs in self.running:
            theirs.cancel(check=False)
        self.running.clear()


class _Work:
    """Does a job, and does it again where SLURM has stopped it."""

    def __call__(self, job: Job) -> Outcome:
        return do(job)

    def checkpoint(self, job: Job) -> "submitit.helpers.DelayedSubmission":
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, job)


def _queue() -> set[str]:
    """Return the jobs that SLURM has yet to end, also where it keeps no accounts for sacct."""
    command = ["squeue", "--noheader", "--array", f"--user={getpass.getuser()}", "--format=%i"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return set(done.stdout.split())


def _outcome(theirs: "submitit.Job[Outcome]") -> Outcome:
    error = theirs.exception()
    return theirs.result() if error is None else Broken(_told(theirs, str(error)))


def _told(theirs: "submitit.Job[Outcome]", what: str) -> str:
    return f"SLURM job {theirs.job_id}: {what.splitlines()[-1]}; see {theirs.paths.stderr}"
