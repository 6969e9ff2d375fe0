"""The words of `narrows outliers`. Imports no torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Gt, Lt

from narrows.option_words import Name

Score = Literal["reconstruction", "distance", "density", "combined"]
SCORES: tuple[Score, ...] = ("reconstruction", "distance", "density", "combined")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for.

    Attributes:
        model: the trained run, by its folder or name.
        score: error of reconstruction, distance to training examples in the space of codes,
            density of codes, or error and distance combined.
        false_alarms: share of normal examples that may be above the threshold, at most.
        normalize: measure the error of each feature in units of its mean over the training part.
    """

    model: Name
    score: Score = "reconstruction"
    false_alarms: Annotated[float, Gt(0), Lt(1)] = 0.05
    normalize: bool = True
