"""What the values of an example are called and mean, so that wrong ones can be told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from narrows.packing import read_card
from narrows.spec import Spec
from narrows.tables.columns import Category, Column, Number, column_of


class Value(NamedTuple):
    """One value of an example.

    Attributes:
        name: of its column, term or pixel.
        scale: the deviation that it was divided by, and
        shift: the mean that was taken off before; 1 and 0 if it stands as it was.
    """

    name: str
    scale: float = 1.0
    shift: float = 0.0

    def original(self, value: float) -> float:
        """Return a value in the units of the source."""
        return value * self.scale + self.shift


def value_of(spec: Spec, data: Path) -> Callable[[int], Value]:
    """Return what gives the value at a place of an example, (size,).

    Args:
        spec: of the examples.
        data: folder of the prepared data, whose card knows columns and terms.
    """
    return value_by(read_card(data)["facts"], spec)


def value_by(facts: dict[str, Any], spec: Spec) -> Callable[[int], Value]:
    """Return the same, as the facts of a card have it."""
    if "columns" in facts:
        return [v for fact in facts["columns"] for v in _of_column(column_of(fact))].__getitem__
    if "vocabulary" in facts:
        return lambda place: Value(facts["vocabulary"][place])
    if len(facts.get("features", [])) == spec.size:
        return lambda place: Value(facts["features"][place])
    if spec.kind == "image":
        return lambda place: Value(_pixel(place, spec))
    return lambda place: Value(f"column {place}")


def _of_column(column: Column) -> list[Value]:
    if isinstance(column, Category):
        return [Value(name) for name in column.outputs]
    return [_number(column), *map(Value, column.outputs[1:])]


def _number(column: Number) -> Value:
    return Value(column.name, column.std, column.mean)


def _pixel(place: int, spec: Spec) -> str:
    """Return a pixel's name; both numbers are from 0."""
    channels, height, width = spec.shape
    channel, pixel = divmod(place, height * width)
    row, column = divmod(pixel, width)
    return f"row {row} column {column}" + (f" channel {channel}" if channels > 1 else "")
