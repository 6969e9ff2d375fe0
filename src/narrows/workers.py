"""Many runs, none of which depends on another."""

from narrows.errors import UserError
from narrows.launching.base import Launcher
from narrows.launching.job import Broken, Failed, Job, Outcome, is_finished
from narrows.progress import Display
from narrows.report.text import listed

# Runs of which it is told why they failed: on a full disk all do, for the same reason.
_NAMED = 3


def run_all(jobs: list[Job], launcher: Launcher, title: str) -> dict[str, str]:
    """Train all jobs; one that fails does not stop the others.

    Where all runs are finished, none is started.

    Args:
        jobs: the runs.
        launcher: that trains them.
        title: of the progress shown.

    Returns:
        The names of runs that ended without a result and would again, each with its reason.

    Raises:
        UserError: at the end, if any failed otherwise.
    """
    todo = [job for job in jobs if not is_finished(job)]
    outcomes = _train(todo, launcher, Display(title, len(jobs), "runs"), len(jobs) - len(todo))
    broken = [f"{name}: {e.message}" for name, e in outcomes.items() if isinstance(e, Broken)]
    if broken:
        told = listed(broken, _NAMED, "; ")
        raise UserError(f"{len(broken)} of {len(jobs)} runs failed; {told}")
    return {name: e.reason for name, e in outcomes.items() if isinstance(e, Failed)}


def _train(
    todo: list[Job], launcher: Launcher, display: Display, finished: int
) -> dict[str, Outcome]:
    """Train the jobs and return what became of each run."""
    outcomes, shares = dict[str, Outcome](), dict[str, float]()
    if not todo:
        return outcomes
    waiting = iter(todo)
    with launcher, display:
        while len(outcomes) < len(todo):
            while launcher.has_room and (job := next(waiting, None)):
                launcher.start(job)
            for job, event in launcher.wait():
                name = job.folder.name
                if isinstance(event, float | int):
                    shares[name] = event
                else:
                    shares.pop(name, None)
                    outcomes[name] = event
                ended = finished + len(outcomes)
                display.show(ended + sum(shares.values()), ended)
    return outcomes
