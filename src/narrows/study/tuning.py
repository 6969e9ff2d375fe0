"""Tuning with the same care for every method: a few choices, compared on the validation part."""

import math
from collections.abc import Callable
from statistics import fmean
from typing import Any

from narrows.config import Config
from narrows.study.plan import FinetuneRun, Strategy

# For each transfer and label budget: the choice, and the mean score of each.
Chosen = dict[str, dict[int, dict[str, Any]]]


def tuning_runs(strategy: Strategy, labels: list[int], seeds: list[int]) -> list[FinetuneRun]:
    """Return the runs that choices are compared by."""
    tuned = {name: choices for name, choices in strategy.transfers.items() if len(choices) > 1}
    return Strategy(strategy.name, strategy.pretrain, tuned).finetune_runs(labels, seeds)


def choose(
    strategy: Strategy, labels: list[int], seeds: list[int], score: Callable[[Config], float | None]
) -> Chosen:
    """Return the best choice of each transfer and label budget, by the mean score over seeds.

    Args:
        strategy: whose transfers may have several choices.
        labels: the budgets.
        seeds: that the choices were tried with.
        score: of a run on the validation part, more being better; None for one that diverged.
    """
    scores: dict[str, dict[int, dict[str, list[float]]]] = {}
    for run in tuning_runs(strategy, labels, seeds):
        found = score(run.config)
        # Nothing compares with a score that is not a number.
        found = -math.inf if found is None or math.isnan(found) else found
        budget = scores.setdefault(run.transfer, {}).setdefault(run.config["labels"], {})
        budget.setdefault(run.choice, []).append(found)
    return {
        transfer: {n: _best(choices, scores.get(transfer, {}).get(n, {})) for n in labels}
        for transfer, choices in strategy.transfers.items()
    }


def _best(choices: dict[str, Config], scores: dict[str, list[float]]) -> dict[str, Any]:
    means = {choice: fmean(values) for choice, values in scores.items()}
    # The first of equals, and the only one where nothing was tuned.
    best = max(choices, key=lambda choice: means.get(choice, 0.0))
    finite = {choice: mean if math.isfinite(mean) else None for choice, mean in means.items()}
    return {"choice": best, "validation": finite}


def chosen_runs(
    strategy: Strategy, labels: list[int], seeds: list[int], chosen: Chosen
) -> list[FinetuneRun]:
    """Return the runs that are compared."""
    return [
        run
        for run in strategy.finetune_runs(labels, seeds)
        if chosen[run.transfer][run.config["labels"]]["choice"] == run.choice
    ]
