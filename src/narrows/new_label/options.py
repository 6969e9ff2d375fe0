"""The words of `narrows new-label`, checked before anything is read. Imports no torch."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Lt
from pydantic import PositiveFloat, PositiveInt

from narrows.errors import UserError
from narrows.option_words import Name, read_words

_FOR_UPDATE = ("replay", "epochs", "lr")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for.

    Attributes:
        model: the trained run, by its folder or name.
        label: name of the new label.
        positives: file or folder with examples that have it.
        negatives: file or folder with examples that have it not; training examples stand for them
            unless it is given.
        penalty: on ‖v‖² / 2 of the standardized codes; the inverse of scikit-learn's C.
        background: how many training examples stand for negatives, at most; drawn by the seed.
        update: train all weights after that, with old and new examples mixed.
        replay: share of old examples in each batch.
        epochs: to train for.
        lr: learning rate; a tenth of that of the run unless it is given.
    """

    model: Name
    label: Name
    positives: Name
    negatives: Name | None = None
    penalty: PositiveFloat = 1.0
    background: PositiveInt = 1000
    update: bool = False
    replay: Annotated[float, Ge(0), Lt(1)] = 0.5
    epochs: PositiveInt = 5
    lr: PositiveFloat | None = None


def read_options(words: list[str]) -> Options:
    """Return the options that `words`, such as "label=dog", say.

    Raises:
        UserError: for the first that is misspelt, missing, or has no such value.
    """
    options, given = read_words(words, Options, "new-label")
    _check(options, given)
    return options


def _check(options: Options, given: set[str]) -> None:
    for name in _FOR_UPDATE:
        if name in given and not options.update:
            raise UserError(f"{name}=… has no effect without update=true")
    if "background" in given and options.negatives is not None:
        raise UserError("background=… has no effect where negatives=… are given")
    if options.update and options.replay == 0 and options.negatives is None:
        raise UserError(
            "replay=0 leaves nothing but positives to train on; give negatives=FILE, or more replay"
        )
