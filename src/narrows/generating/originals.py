"""New examples as people read them: a table's rows in its own units, a document's terms."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from narrows.packing import read_card
from narrows.spec import Spec
from narrows.tables.columns import Category, Column, Number, column_of

# Terms of a document, at most, and digits of a weight behind the point.
_TERMS, _DIGITS = 20, 6
# A value that stands for "missing" is 1 or 0 in the data: a decoder gives what is between.
_HALF = 0.5


class Field(NamedTuple):
    """A column of a table that is written.

    Attributes:
        name: of the column.
        places: of its values in an example.
        read: from those values, (n, len(places)), what stands in the column, (n,).
    """

    name: str
    places: slice
    read: Callable[[np.ndarray], list[Any]]


def fields_of(spec: Spec, data: Path) -> list[Field]:
    """Return the columns of a table as its source has them.

    A number gets its unit again, of a category the likeliest word is taken. Where the card knows no
    columns, values stay as they were prepared.

    Args:
        spec: of the examples.
        data: folder of the prepared data.
    """
    facts = read_card(data)["facts"]
    if "columns" in facts:
        return _columns([column_of(fact) for fact in facts["columns"]])
    names = facts.get("features", [])
    if len(names) != spec.size:
        names = [f"value_{place}" for place in range(spec.size)]
    return [Field(name, slice(i, i + 1), _as_is) for i, name in enumerate(names)]


def _columns(columns: list[Column]) -> list[Field]:
    fields, start = list[Field](), 0
    for column in columns:
        places = slice(start, start + len(column.outputs))
        read = _category(column) if isinstance(column, Category) else _number(column)
        fields.append(Field(column.name, places, read))
        start = places.stop
    return fields


def _as_is(values: np.ndarray) -> list[float]:
    return values[:, 0].tolist()


def _number(column: Number) -> Callable[[np.ndarray], list[float | None]]:
    def read(values: np.ndarray) -> list[float | None]:
        found = (values[:, 0].astype(np.float64) * column.std + column.mean).tolist()
        missing = values[:, 1:].max(1, initial=0) > _HALF
        return [None if gone else value for value, gone in zip(found, missing, strict=True)]

    return read


def _category(column: Category) -> Callable[[np.ndarray], list[str | None]]:
    return lambda values: [column.categories[place] for place in values.argmax(1)]


def rows_of(fields: list[Field], x: np.ndarray) -> list[tuple[Any, ...]]:
    """Return examples, (n, d), as rows of a table; None where a value is missing."""
    return list(zip(*(field.read(x[:, field.places]) for field in fields), strict=True))


def terms_of(vocabulary: list[str], x: np.ndarray) -> list[dict[str, float]]:
    """Return each document's heaviest terms with their weights, the heaviest first.

    Args:
        vocabulary: the d terms.
        x: (n, d).
    """
    order = np.argsort(-x, axis=1, kind="stable")[:, :_TERMS]
    return [
        {vocabulary[place]: round(float(row[place]), _DIGITS) for place in places if row[place] > 0}
        for row, places in zip(x, order, strict=True)
    ]
