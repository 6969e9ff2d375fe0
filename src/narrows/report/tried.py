"""What each kind of method has chosen its options from, and on which examples."""

from collections.abc import Iterable
from typing import Any

from narrows.report.answers import listed
from narrows.report.rows import INDEPENDENT, PCA, Record, Row, method_name
from narrows.study.plan import SCIKIT_LEARN

_APART = {
    PCA: "PCA is one linear map",
    INDEPENDENT: "each of the k independent networks has one hidden layer",
}


def tried(runs: list[Record], study: dict[str, Any]) -> list[str]:
    """Return a line for each kind of method, from what its runs have tried.

    Args:
        runs: that have finished.
        study: as it was declared.
    """
    stepped = [run for run in runs if len(run.get("validation", {})) > 1]
    heads = [run for run in runs if run.get("penalties")]
    fitted = [run for run in runs if run.get("tuning")]
    tuned = {id(run) for run in (*stepped, *heads, *fitted)}
    kept = [run for run in runs if id(run) not in tuned]
    lines = [
        *([_stepped(stepped, study)] if stepped else []),
        *([_heads(heads)] if heads else []),
        *([_fitted(fitted, stepped)] if fitted else []),
        *([_kept(kept if tuned else [])] if kept else []),
    ]
    return [*lines, _rest(runs)]


def validation_spent(rows: list[Row], labelled: int) -> str:
    """Say what labelled examples of the validation part were spent on; "" for nothing.

    Args:
        rows: of the comparison.
        labelled: how many there are.
    """
    spent = {
        "options": any(row.choice or row.transfer == SCIKIT_LEARN for row in rows),
        "thresholds and calibration": any(
            name.endswith("_tuned") for row in rows for name in row.measures
        ),
    }
    chosen = ", ".join(what for what, chose in spent.items() if chose)
    if not chosen or not labelled:
        return ""
    return (
        f"Besides these labelled examples, {labelled:,} labelled ones of the validation part chose "
        f"{chosen}."
    )


def _stepped(runs: list[Record], study: dict[str, Any]) -> str:
    seeds = study["seeds"][: study["tune"]["seeds"]]
    word = "seed" if len(seeds) == 1 else "seeds"
    choices = runs[0]["validation"]
    return (
        f"Networks that are trained by steps ({_transfers(runs)}) each tried the same "
        f"{len(choices)} choices ({'; '.join(choices)}) for each label budget, with {word} "
        f"{listed(list(map(str, seeds)))}. The one with the best mean on the validation part is "
        "compared here, with all seeds."
    )


def _heads(runs: list[Record]) -> str:
    return (
        f"Exact heads on a pretrained encoder’s codes ({_transfers(runs)}) chose among "
        f"{_numbers(run['penalties'] for run in runs)} penalties for each label budget and each "
        "seed, by cross-validation inside the labelled training examples."
    )


def _fitted(runs: list[Record], stepped: list[Record]) -> str:
    beside = "one choice serves all seeds" if stepped else "nothing is chosen on that part"
    return (
        f"Baselines of {SCIKIT_LEARN} chose among {_numbers(len(run['tuning']) for run in runs)} "
        "options for each label budget and each seed, on the validation part. A choice for each "
        f"seed favours them: for networks trained by steps {beside}."
    )


def _kept(runs: list[Record]) -> str:
    """Name the methods of which nothing was tuned; without runs, these are all methods."""
    names = dict.fromkeys(method_name(run["strategy"], run["transfer"]) for run in runs)
    return f"Nothing was tuned for {'; '.join(names) or 'any method'}."


def _rest(runs: list[Record]) -> str:
    strategies = {run["strategy"] for run in runs}
    apart = [text for strategy, text in _APART.items() if strategy in strategies]
    text = "All else is as the study’s file says."
    if not apart:
        return text
    return f"{text} Not every encoder has the same form and code size: {' and '.join(apart)}."


def _transfers(runs: list[Record]) -> str:
    return ", ".join(dict.fromkeys(run["transfer"] for run in runs))


def _numbers(values: Iterable[int]) -> str:
    return " or ".join(map(str, sorted(set(values))))
