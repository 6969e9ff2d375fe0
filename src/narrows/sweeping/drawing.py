"""How values are drawn, by what is known of earlier trials. Imports no torch.

Trial n is drawn by what came of the trials up to n − ahead, whatever else has ended by then, and
the sampler's random numbers are a function of (seed, n). So it depends neither on the order in
which trials end nor on how often the sweep was cut off: any number of workers gives the same trials
to the bit, and up to `ahead` of them are busy. Optuna's usual way, to draw by all that has ended so
far, knows a little more at each trial, but no two such sweeps with several workers are the same.
Batches would wait for the slowest trial of each; here only the one `ahead` before is waited for.
"""

import hashlib
import warnings

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from narrows.sweeping.declaration import Declaration
from narrows.sweeping.space import Params, Range, Scalar
from narrows.sweeping.storage import suggest

# Digits of a drawn number: a learning rate of 0.001234 is as good as one with sixteen digits.
_DIGITS = 4


def history(
    declaration: Declaration,
    name: str,
    trials: list[FrozenTrial],
    number: int,
    sampler: BaseSampler | None = None,
    pruner: BasePruner | None = None,
) -> optuna.Study:
    """Return a study in memory with what trial `number` may know, whatever else is known by now.

    Args:
        declaration: of the sweep.
        name: of its study.
        trials: in their order, at least those before `number`.
        number: of the trial.
        sampler: to draw the trial with.
        pruner: to stop it with.
    """
    copy = optuna.create_study(
        study_name=name,
        directions=list(declaration.objectives.values()),
        sampler=sampler,
        pruner=pruner,
    )
    for trial in trials[:number]:
        known = trial.number <= number - declaration.ahead
        copy.add_trial(trial if known else _under_way(trial))
    return copy


def _under_way(trial: FrozenTrial) -> FrozenTrial:
    """Return a trial as it was when it had just begun."""
    return create_trial(
        state=TrialState.RUNNING, params=trial.params, distributions=trial.distributions
    )


def draw(declaration: Declaration, name: str, trials: list[FrozenTrial]) -> Params:
    """Return the next trial's values.

    Args:
        declaration: of the sweep.
        name: of its study.
        trials: all that were begun, of which the first ones up to `ahead` before the next have
            ended.
    """
    number = len(trials)
    copy = history(declaration, name, trials, number, _sampler(declaration, number))
    trial, params = copy.ask(), Params()
    with warnings.catch_warnings():
        # Of ranges that are no multiple of their step, which Optuna shortens.
        warnings.simplefilter("ignore", UserWarning)
        for option, dimension in declaration.space.items():
            if dimension.is_active(params):
                params[option] = _rounded(
                    suggest(trial, option, declaration.space), dimension.values
                )
    return params


def _sampler(declaration: Declaration, number: int) -> BaseSampler:
    """Return the sampler of one trial."""
    text = f"{declaration.sampler_seed}/{number}".encode()
    seed = int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big")
    if declaration.sampler == "random":
        return RandomSampler(seed)
    return TPESampler(n_startup_trials=declaration.startup, seed=seed)


def _rounded(value: Scalar, values: object) -> Scalar:
    """Return a number without digits that make no difference, still within its range."""
    if isinstance(value, float) and isinstance(values, Range) and values.step is None:
        return min(max(float(f"{value:.{_DIGITS}g}"), values.low), values.high)
    return value
