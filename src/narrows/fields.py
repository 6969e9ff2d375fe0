"""Types of options that several components share; checked before any data is read."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import PositiveInt

Fraction = Annotated[float, Ge(0), Le(1)]
Decay = Annotated[float, Gt(0), Le(1)]
Widths = list[PositiveInt]
Activation = Literal["relu", "gelu", "tanh", "sigmoid", "identity"]
Start = Literal["torch", "scaled"]
