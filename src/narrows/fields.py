"""Types of options that several components share; checked before any data is read."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import NonNegativeFloat, PositiveInt

Fraction = Annotated[float, Ge(0), Le(1)]
Decay = Annotated[float, Gt(0), Le(1)]
Widths = list[PositiveInt]
Activation = Literal["relu", "gelu", "tanh", "sigmoid", "identity"]
Start = Literal["torch", "scaled"]
# A strength, or the lowest and highest one between which each example's own is drawn.
Level = NonNegativeFloat | tuple[NonNegativeFloat, NonNegativeFloat]
