"""Trains a sweep's trials: which is begun when, and what is noted of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean

import optuna

from narrows import runs
from narrows.errors import PrunedError, UserError
from narrows.files import read_json
from narrows.launching.base import Launcher
from narrows.launching.job import Broken, Failed, Job, Outcome, is_finished
from narrows.progress import Display
from narrows.readiness import prepare_run
from narrows.sweeping.drawing import draw
from narrows.sweeping.plan import TRIAL, Plan
from narrows.sweeping.storage import (
    ENDING,
    PRUNED,
    RUNS,
    Ending,
    begin,
    ending_of,
    params_of,
    take_up,
    tell,
)
from narrows.sweeping.trial import KEY, Seed, replay


@dataclass(eq=False)
class UnderWay:
    """A trial that has begun.

    Attributes:
        trial: in Optuna's form.
        jobs: one for each seed.
        done: how many of these have ended.
        share: of the one that runs, that is done.
        ending: how the trial ended; None while it has not.
    """

    trial: optuna.Trial
    jobs: list[Job] = field(default_factory=list)
    done: int = 0
    share: float = 0.0
    ending: Ending | None = None

    @property
    def part(self) -> float:
        """How much of the trial is done."""
        return 1.0 if self.ending else (self.done + self.share) / max(1, len(self.jobs))


class Search:
    """Trains a sweep's trials until there are as many as were asked for.

    Args:
        plan: of the sweep.
        study: in the storage.
        storage: its file.
    """

    def __init__(self, plan: Plan, study: optuna.Study, storage: Path) -> None:
        self.plan, self.study, self.storage = plan, study, storage
        self.declaration = plan.declaration
        self.trials = list[UnderWay]()
        self.running = dict[Path, UnderWay]()
        self.broken = dict[int, str]()

    def run(self, make_launcher: Callable[[], Launcher]) -> dict[int, str]:
        """Train what is missing.

        Args:
            make_launcher: of what trains runs; it is not called where nothing is missing.

        Returns:
            What came between trials and their end, by their numbers; another call goes on.
        """
        self._take_up()
        total = self.declaration.trials
        if any(trial.ending is None for trial in self.trials) or len(self.trials) < total:
            display = Display(f"sweep {self.declaration.name}", total, "trials")
            with make_launcher() as launcher, display:
                self._train(launcher, display)
        self._tell(len(self.trials))
        return self.broken

    def _train(self, launcher: Launcher, display: Display) -> None:
        while True:
            while launcher.has_room and (job := self._next()):
                launcher.start(job)
            ended = sum(trial.ending is not None for trial in self.trials)
            display.show(sum(trial.part for trial in self.trials), ended)
            if not self.running:
                return
            for job, event in launcher.wait():
                self._hear(job, event)

    def _take_up(self) -> None:
        """Take up the trials that earlier calls have begun, as far as they are asked for."""
        for frozen in self.study.get_trials(deepcopy=False)[: self.declaration.trials]:
            if ending := ending_of(frozen):
                self.trials.append(UnderWay(self._trial(frozen.number), ending=ending))
            else:
                self._add(take_up(self.study, self.declaration.space, frozen.number))

    def _trial(self, number: int) -> optuna.Trial:
        return optuna.Trial(self.study, self.study.get_trials(deepcopy=False)[number]._trial_id)

    def _next(self) -> Job | None:
        """Return a run to be trained now; None if there is none before another one's end."""
        while True:
            for trial in self.trials:
                waits = trial.ending is None and trial not in self.running.values()
                if waits and (job := self._next_of(trial)):
                    return job
            if not self._begin():
                return None

    def _next_of(self, trial: UnderWay) -> Job | None:
        """Return the trial's next run to be trained, having noted those that are finished."""
        while trial.ending is None:
            job = trial.jobs[trial.done]
            # Another trial may have drawn the same values.
            if job.folder in self.running or trial.trial.number in self.broken:
                return None
            if not is_finished(job):
                self.running[job.folder] = trial
                return job
            self._note_finished(trial, job)
        return None

    def _begin(self) -> bool:
        """Begin another trial if it may be, which depends on those that lie `ahead` before it."""
        number, ahead = len(self.trials), self.declaration.ahead
        known = number - ahead + 1
        if number >= self.declaration.trials or self.broken:
            return False
        if any(trial.ending is None for trial in self.trials[: max(0, known)]):
            return False
        self._tell(known)
        trials = self.study.get_trials(deepcopy=False)
        params = draw(self.declaration, self.plan.study, trials)
        self._add(begin(self.study, self.declaration.space, params))
        return True

    def _add(self, trial: optuna.Trial) -> None:
        """Add a trial with its runs; one whose values do not go together has failed."""
        added = UnderWay(trial)
        self.trials.append(added)
        frozen = self.study.get_trials(deepcopy=False)[trial.number]
        try:
            jobs = [prepare_run(run, TRIAL) for run in self.plan.check_trial(params_of(frozen))]
        except UserError as error:
            self._end(added, "failed", reason=str(error))
            return
        for place, job in enumerate(jobs):
            seed = Seed(self.declaration, self.plan.study, self.storage, trial.number, place)
            added.jobs.append(replace(job, config={**job.config, KEY: seed}))
        trial.set_user_attr(RUNS, [job.folder.name for job in jobs])
        if stopped := frozen.user_attrs.get(PRUNED):
            self._end(added, "pruned", reason=stopped)

    def _hear(self, job: Job, event: float | Outcome) -> None:
        trial = self.running[job.folder]
        if isinstance(event, float | int):
            trial.share = event
            return
        del self.running[job.folder]
        trial.share = 0.0
        if isinstance(event, Broken):
            self.broken[trial.trial.number] = event.message
        elif isinstance(event, Failed):
            frozen = self.study.get_trials(deepcopy=False)[trial.trial.number]
            state = "pruned" if PRUNED in frozen.user_attrs else "failed"
            self._end(trial, state, reason=event.reason)
        else:
            self._note_values(trial)

    def _note_finished(self, trial: UnderWay, job: Job) -> None:
        """Note a run that was finished before this call."""
        try:
            replay(job.config[KEY], job.config, job.folder)
        except PrunedError as error:
            self._end(trial, "pruned", reason=str(error))
            return
        self._note_values(trial)

    def _note_values(self, trial: UnderWay) -> None:
        """Note that a seed has its values; those of all seeds are the trial's."""
        trial.done += 1
        if trial.done < len(trial.jobs):
            return
        found = [read_json(job.folder / runs.METRICS) for job in trial.jobs]
        names = list(self.declaration.objectives)
        by_seed = [[float(metrics[name]) for name in names] for metrics in found]
        for name, values in zip(names, zip(*by_seed, strict=True), strict=True):
            if not all(map(math.isfinite, values)):
                self._end(trial, "failed", reason=f"{name} is {values}")
                return
        self._end(trial, "finished", by_seed=by_seed)

    def _end(
        self,
        trial: UnderWay,
        state: str,
        by_seed: list[list[float]] | None = None,
        reason: str = "",
    ) -> None:
        values = [fmean(found) for found in zip(*by_seed or [], strict=True)]
        seconds = round(sum(_seconds(job.folder) for job in trial.jobs[: trial.done]), 3)
        trial.ending = Ending(
            state=state, values=values, by_seed=by_seed or [], seconds=seconds, reason=reason
        )
        trial.trial.set_user_attr(ENDING, trial.ending)

    def _tell(self, number: int) -> None:
        """Have Optuna know the ends of the first trials, in their order."""
        for trial in self.trials[: max(0, number)]:
            if trial.ending is None:
                return
            tell(self.study, trial.trial.number, trial.ending)


def _seconds(folder: Path) -> float:
    """Return how long a finished run was trained."""
    return sum(read_json(folder / runs.ENVIRONMENT)["seconds"].values())
