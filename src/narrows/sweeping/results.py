"""What came of a sweep: its trials, the best of them, and which options mattered. No torch."""

import math
from dataclasses import dataclass
from statistics import stdev

import optuna
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, create_trial

from narrows.errors import UserError
from narrows.report.text import listed
from narrows.sweeping.declaration import Declaration
from narrows.sweeping.space import Params
from narrows.sweeping.storage import RUNS, ending_of, params_of

# With fewer there is nothing to explain.
_LEAST_TO_EXPLAIN = 4


@dataclass(frozen=True)
class Tried:
    """One trial.

    Attributes:
        number: from 0 on.
        state: finished, pruned or failed; or cut off, where it has not ended.
        params: its values of the options.
        values: of the objectives, means over the seeds; empty unless it is finished.
        deviations: standard deviations over the seeds; empty with one seed.
        reports: the first objective on the validation part, by epoch, those of all seeds in a row.
        seconds: of training.
        reason: why it has no values.
        runs: names of its runs.
    """

    number: int
    state: str
    params: Params
    values: tuple[float, ...]
    deviations: tuple[float, ...]
    reports: dict[int, float]
    seconds: float
    reason: str
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Results:
    """What came of a sweep.

    Attributes:
        declaration: of the sweep.
        trials: as many as it has.
        front: numbers of the best trials: one, or those of the Pareto front, the first objective's
            best first; none if no trial finished.
        importance: for each objective each option's share of the variance that options explain, the
            largest first; empty where there is nothing to explain.
    """

    declaration: Declaration
    trials: list[Tried]
    front: list[int]
    importance: dict[str, dict[str, float]]

    @property
    def finished(self) -> list[Tried]:
        """Trials that have values."""
        return [trial for trial in self.trials if trial.values]

    def best(self, number: int | None = None) -> Tried:
        """Return the best trial, or the one of that number.

        Raises:
            UserError: if there is none, or more than one and no number.
        """
        name = self.declaration.name
        if not self.front:
            raise UserError(f"sweep={name}: no trial finished, so that none is the best")
        if number is None and len(self.front) > 1:
            known = listed([str(n) for n in self.front], most=20)
            raise UserError(
                f"sweep={name}: with two objectives there are {len(self.front)} best trials, "
                f"{known}; choose one with --trial"
            )
        chosen = self.front[0] if number is None else number
        finished = {trial.number: trial for trial in self.finished}
        if chosen not in finished:
            raise UserError(f"--trial={chosen}: there is no such trial, or it did not finish")
        return finished[chosen]


def read_results(declaration: Declaration, study: optuna.Study) -> Results:
    """Return what came of a sweep's trials."""
    frozen = study.get_trials(deepcopy=False)[: declaration.trials]
    trials = [_tried(trial) for trial in frozen]
    complete = [
        _complete(one, trial) for one, trial in zip(frozen, trials, strict=True) if trial.values
    ]
    return Results(
        declaration,
        trials,
        _front(declaration, trials, complete),
        _importance(declaration, complete),
    )


def _tried(trial: FrozenTrial) -> Tried:
    ending = ending_of(trial)
    by_seed = ending["by_seed"] if ending else []
    return Tried(
        number=trial.number,
        state=ending["state"] if ending else "cut off",
        params=params_of(trial),
        values=tuple(ending["values"]) if ending else (),
        deviations=tuple(map(stdev, zip(*by_seed, strict=True))) if len(by_seed) > 1 else (),
        reports=dict(sorted(trial.intermediate_values.items())),
        seconds=ending["seconds"] if ending else 0.0,
        reason=ending["reason"] if ending else "",
        runs=tuple(trial.user_attrs.get(RUNS, ())),
    )


def _complete(frozen: FrozenTrial, trial: Tried) -> FrozenTrial:
    """Return a finished trial as such: Optuna is told of it only after all that came before it."""
    return create_trial(
        values=list(trial.values), params=frozen.params, distributions=frozen.distributions
    )


def _front(declaration: Declaration, trials: list[Tried], complete: list[FrozenTrial]) -> list[int]:
    """Return the numbers of the best trials."""
    best = {tuple(trial.values) for trial in _study(declaration, complete).best_trials}
    sign = 1 if next(iter(declaration.objectives.values())) == "minimize" else -1
    found = [trial for trial in trials if trial.values in best]
    found.sort(key=lambda trial: (sign * trial.values[0], trial.number))
    numbers = [trial.number for trial in found]
    # Of equals the first.
    return numbers if len(declaration.objectives) > 1 else numbers[:1]


def _study(declaration: Declaration, trials: list[FrozenTrial]) -> optuna.Study:
    study = optuna.create_study(directions=list(declaration.objectives.values()))
    study.add_trials(trials)
    return study


def _importance(declaration: Declaration, trials: list[FrozenTrial]) -> dict[str, dict[str, float]]:
    """Return what fANOVA says of the options that all trials have (Hutter et al. 2014)."""
    if len(trials) < _LEAST_TO_EXPLAIN:
        return {}
    study, found = _study(declaration, [_straight(trial) for trial in trials]), {}
    for place, name in enumerate(declaration.objectives):
        evaluator = FanovaImportanceEvaluator(seed=0)
        try:
            shares = get_param_importances(
                study, evaluator=evaluator, target=lambda trial, place=place: trial.values[place]
            )
        except RuntimeError:
            # All trials have the same value.
            continue
        found[name] = {option: float(share) for option, share in shares.items()}
    return found


def _straight(trial: FrozenTrial) -> FrozenTrial:
    """Return a trial with the logarithms of what is drawn so: fANOVA weighs ranges evenly."""
    params, distributions = dict(trial.params), dict(trial.distributions)
    for name, found in trial.distributions.items():
        if isinstance(found, FloatDistribution | IntDistribution) and found.log:
            params[name] = math.log(params[name])
            distributions[name] = FloatDistribution(math.log(found.low), math.log(found.high))
    return create_trial(values=trial.values, params=params, distributions=distributions)
