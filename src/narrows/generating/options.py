"""The words of `narrows generate`. Imports no torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge

from narrows.option_words import Name

Way = Literal["interpolate", "noise", "mixture", "gaussian", "normal"]
WAYS: tuple[Way, ...] = ("interpolate", "noise", "mixture", "gaussian", "normal")
# Ways that begin at a training code; the others are densities.
NEAR: tuple[Way, ...] = ("interpolate", "noise")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for.

    Attributes:
        model: the trained run, by its folder or name.
        way: that codes are drawn in, or all of them.
        number: of new examples in each way.
        neighbours: nearest training codes that interpolation and noise look at.
        features: a run whose encoder makes what examples are compared by; without one these are
            principal components of the examples.
        seed: of what is drawn.
    """

    model: Name
    way: Literal["all", "interpolate", "noise", "mixture", "gaussian", "normal"] = "all"
    number: Annotated[int, Ge(2)] = 1000
    neighbours: Annotated[int, Ge(1)] = 5
    features: Name | None = None
    seed: Annotated[int, Ge(0)] = 0

    @property
    def ways(self) -> tuple[Way, ...]:
        """Return the ways to draw in."""
        return WAYS if self.way == "all" else (self.way,)
