"""The commands that make one run of a study again, alone."""

import shlex
from typing import Any

from narrows.config import Config
from narrows.study.plan import UNTUNED, Strategy, Study, overrides_of

# For each strategy: the overrides of its pretraining, if any, and of each transfer and choice.
Words = dict[str, dict[str, Any]]


def words_of(study: Study, strategies: list[Strategy]) -> Words:
    """Return the overrides that each strategy's runs are composed from, in short."""
    return {strategy.name: _words(study, strategy) for strategy in strategies}


def _words(study: Study, strategy: Strategy) -> dict[str, Any]:
    given = overrides_of(study, strategy.name)
    transfers = {
        transfer: {
            choice: shortened(words, strategy.transfers[transfer][choice])
            for choice, words in choices.items()
        }
        for transfer, choices in given.transfers.items()
    }
    pretrain = given.pretrain and shortened(given.pretrain, strategy.pretrain or {})
    return {"pretrain": pretrain, "transfers": transfers}


def shortened(overrides: list[str], config: Config) -> list[str]:
    """Return overrides that compose to the same run, with each option once.

    Args:
        overrides: as Hydra applies them, so that the last one of an option counts.
        config: of the run, without what its task does not use.
    """
    kept = dict[str, str]()
    for word in overrides:
        name, _, value = word.partition("=")
        # `narrows train` refuses options that have no effect.
        if name.startswith("corruption") and "corruption" not in config:
            continue
        # Dictionaries are merged, so that each of them counts.
        key = word if value.startswith("{") else name
        kept.pop(key, None)
        kept[key] = word
    return list(kept.values())


def commands_for(run: dict[str, Any], words: Words) -> list[str]:
    """Return the commands for a run: of its encoder's pretraining, if it has one, and its own.

    Args:
        run: with strategy, transfer, choice, labels, seed and the pretrained run's name.
        words: of its study, as `words_of` gives them.
    """
    own, seed = words[run["strategy"]], f"seed={run['seed']}"
    labelled = own["transfers"][run["transfer"]][run.get("choice", UNTUNED)]
    labelled = [*labelled, f"labels={run['labels']}", seed]
    if run["pretrained"] is None:
        return [_command(labelled)]
    first = _command([*own["pretrain"], seed])
    return [first, _command([*labelled, f"pretrained={run['pretrained']}"])]


def _command(overrides: list[str]) -> str:
    return f"narrows train {shlex.join(overrides)}"
