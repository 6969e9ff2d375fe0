"""What a page, a table and a terminal say of a sweep. Imports no torch."""

from narrows.report.measures import measure_name
from narrows.report.text import counted, number, percentages
from narrows.sweeping.declaration import VALIDATION, WEIGHTS, Declaration
from narrows.sweeping.results import Results, Tried
from narrows.sweeping.space import Scalar, text_of


def objective_name(declaration: Declaration, place: int) -> str:
    """Return what people call an objective, e.g. 'SSE, less is better'."""
    name, direction = list(declaration.objectives.items())[place]
    better = "less" if direction == "minimize" else "more"
    return f"{short_name(name)}, {better} is better"


def short_name(objective: str) -> str:
    """Return what people call an objective's measure, e.g. 'SSE'."""
    return objective if objective == WEIGHTS else measure_name(objective.removeprefix(VALIDATION))


def value_text(value: float, objective: str) -> str:
    """Return an objective's value as people read it."""
    return number(round(value) if objective == WEIGHTS else value)


def option_text(value: Scalar) -> str:
    """Return an option's value as people read it."""
    return number(value) if isinstance(value, float) else text_of(value).replace(", ", ",")


def values_text(declaration: Declaration, trial: Tried) -> str:
    """Return a trial's values, e.g. 'SSE 1.578 with 1,234 weights'."""
    texts = [
        f"{value_text(value, name)} weights"
        if name == WEIGHTS
        else f"{short_name(name)} {value_text(value, name)}"
        for name, value in zip(declaration.objectives, trial.values, strict=True)
    ]
    return " with ".join(texts)


def options_text(trial: Tried) -> str:
    """Return a trial's options on one line."""
    return ", ".join(f"{name}={option_text(value)}" for name, value in trial.params.items())


def ended_text(trial: Tried) -> str:
    """Return how a trial ended, e.g. 'stopped early after epoch 3 of 8' or 'failed: …'."""
    state, between = ("stopped early", " ") if trial.state == "pruned" else (trial.state, ": ")
    return f"{state}{between}{trial.reason}" if trial.reason else state


def share_texts(shares: dict[str, float]) -> dict[str, str]:
    """Return each option's share of what options explain; they add up to 100 %."""
    whole = percentages(list(shares.values()))
    return {name: f"{value}\xa0%" for name, value in zip(shares, whole, strict=True)}


def headline(results: Results) -> str:
    """Return the answer in a sentence."""
    total, finished = len(results.trials), len(results.finished)
    if not finished:
        return f"No trial of {total} finished, so there is no best one."
    if len(results.declaration.objectives) == 1:
        best = results.best()
        return (
            f"Trial {best.number} is the best of {total}: "
            f"{values_text(results.declaration, best)} with {options_text(best)}."
        )
    ends = [results.best(results.front[place]) for place in (0, -1)]
    told = [values_text(results.declaration, trial) for trial in ends]
    if len(results.front) == 1:
        return f"Trial {ends[0].number} of {total} is the best by both objectives: {told[0]}."
    return (
        f"{len(results.front)} of {total} trials are best, each better than any other by one of "
        f"the two objectives at least: from {told[0]} to {told[1]}."
    )


def notes(results: Results) -> list[str]:
    """Return what else is to be known, in a sentence each."""
    told = [_how_they_ended(results)]
    if len(results.declaration.objectives) == 1 and len(results.finished) > 1:
        told.append(_second(results))
    for objective, shares in results.importance.items():
        parts = [f"{name} {share}" for name, share in share_texts(shares).items()]
        told.append(f"What matters for {short_name(objective)} (fANOVA): {', '.join(parts)}.")
    seeds = len(results.declaration.seeds)
    if seeds == 1:
        told.append(
            "Each trial has one seed, so that it is not known how far values differ by chance; "
            "sweep.seeds=[0,1,2] averages over three."
        )
    return told


def _how_they_ended(results: Results) -> str:
    trials = results.trials
    pruned = [trial for trial in trials if trial.state == "pruned"]
    parts = [f"{counted(len(results.finished), 'trial')} finished"]
    if pruned:
        last = max(max(trial.reports, default=0) for trial in trials)
        saved = sum(last - max(trial.reports, default=0) for trial in pruned)
        parts.append(f"{len(pruned)} stopped early, which saved {counted(saved, 'epoch')}")
    numbers = {state: sum(t.state == state for t in trials) for state in ("failed", "cut off")}
    parts += [f"{number} {state}" for state, number in numbers.items() if number]
    return f"{'; '.join(parts)}."


def _second(results: Results) -> str:
    best, second = ordered(results)[:2]
    text = f"Next comes trial {second.number}: {values_text(results.declaration, second)} with "
    text += options_text(second)
    if second.deviations:
        deviations = " and ".join(number(trial.deviations[0]) for trial in (best, second))
        text += f"; over the seeds the two have standard deviations of {deviations}"
    return f"{text}."


def ordered(results: Results) -> list[Tried]:
    """Return the trials as a table has them: the best first, those without values last."""
    sign = 1 if next(iter(results.declaration.objectives.values())) == "minimize" else -1
    states = ("finished", "pruned", "failed", "cut off")
    return sorted(
        results.trials,
        key=lambda trial: (
            states.index(trial.state),
            sign * trial.values[0] if trial.values else 0.0,
            trial.number,
        ),
    )
