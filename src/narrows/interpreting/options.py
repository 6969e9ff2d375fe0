"""The words of `narrows interpret`. Imports no torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Gt, Lt
from pydantic import NonNegativeInt, PositiveInt

from narrows.errors import UserError
from narrows.option_words import Name, read_words

Baseline = Literal["mean", "zeros"]
Start = Literal["mean"] | NonNegativeInt
_PART = "test"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for.

    Attributes:
        model: the trained run, by its folder or name.
        units: code units that are shown one by one, at most, those that vary most.
        outputs: labels or code units that are attributed to the input, with commas; without it
            labels of a run that has learned some, else the code units that vary most.
        baseline: the input that attributions start from: the training examples' mean, or zeros;
            without it zeros for documents, the mean for others.
        start: the code that traversals start from: the training examples' mean, or that of a row of
            the training part.
        dead: a unit is called dead if its standard deviation is below this share of the largest one
            in its layer.
        examples: of the training part and of the source, drawn at random if there are more.
        seed: of that choice, and of permuted labels.
    """

    model: Name
    units: PositiveInt = 12
    outputs: str | None = None
    baseline: Baseline | None = None
    start: Start = "mean"
    dead: Annotated[float, Gt(0), Lt(1)] = 0.01
    examples: Annotated[int, Gt(1)] = 10000
    seed: NonNegativeInt = 0


def read_options(model: str, words: list[str]) -> tuple[Options, str]:
    """Return the options, and the examples that are named among the words.

    Args:
        model: the run.
        words: at most one file, folder or part, and options.

    Raises:
        UserError: for what is misspelt or twice there.
    """
    sources = [word for word in words if "=" not in word]
    if len(sources) > 1:
        raise UserError(f"{sources[1]!r}: name one file, folder or part, or none")
    chosen = [word for word in words if "=" in word]
    options, _ = read_words([f"model={model}", *chosen], Options, "interpret")
    return options, (sources or [_PART])[0]
