"""ARFF, Weka's text format for tables, dense or sparse, and MULAN's list of labels in XML."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

import numpy as np

from narrows.errors import UserError

MAX_VALUES = 1 << 28
MAX_BYTES = 1 << 30
_ATTRIBUTE = re.compile(
    r"""@attribute\s+ ( '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | [^\s{]+ ) \s* (.*)""",
    re.IGNORECASE | re.VERBOSE,
)
_NUMERIC = {"numeric", "real", "integer"}
_MISSING = "?"


class Table(NamedTuple):
    """What an ARFF file holds.

    Attributes:
        names: of the d attributes.
        values: (n, d) float64, NaN where there is none. Of a nominal attribute, the number that
            its value is, or its place in the list of values if they are not numbers.
    """

    names: tuple[str, ...]
    values: np.ndarray


class _Attribute(NamedTuple):
    """Its name, and for a nominal one the number of each value."""

    name: str
    numbers: dict[str, float] | None

    @property
    def default(self) -> float:
        """What a sparse row means where it says nothing."""
        return 0.0 if not self.numbers else next(iter(self.numbers.values()))


class _ArffError(Exception):
    """A file is broken: its text says how."""


def read_arff(path: Path) -> Table:
    """Return the table in an ARFF file.

    Raises:
        UserError: if it is broken, has attributes that are neither numeric nor nominal, or is too
            large to be held in memory.
    """
    try:
        lines = enumerate(_text(path).split("\n"), 1)
        content = ((i, line.strip()) for i, line in lines)
        content = ((i, line) for i, line in content if line and line[0] != "%")
        attributes = list(_head(content))
        values = _values(list(content), attributes)
    except (_ArffError, csv.Error) as error:
        raise UserError(f"{path} {error}; fetch it again") from error
    return Table(tuple(a.name for a in attributes), values)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _ArffError(f"has more than {MAX_BYTES:,} bytes")
        raw = path.read_bytes()
    except PermissionError as error:
        raise UserError(f"{path} may not be read; change its permissions") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _head(content: Iterator[tuple[int, str]]) -> Iterator[_Attribute]:
    """Yield the attributes, until the data begin."""
    seen = set[str]()
    for number, line in content:
        keyword = line.split(None, 1)[0].lower()
        if keyword == "@data":
            if not seen:
                raise _ArffError("has no attributes")
            return
        if keyword == "@attribute":
            attribute = _attribute(number, line)
            if attribute.name in seen:
                raise _ArffError(f"line {number}: there is another attribute {attribute.name!r}")
            seen.add(attribute.name)
            yield attribute
        elif keyword != "@relation":
            raise _ArffError(f"line {number}: {line[:40]!r} is no part of an ARFF head")
    raise _ArffError("has no line @data, or was cut off")


def _attribute(number: int, line: str) -> _Attribute:
    match = _ATTRIBUTE.fullmatch(line)
    if not match:
        raise _ArffError(f"line {number}: {line[:40]!r} is no attribute")
    name, kind = _unquoted(match[1]), match[2].strip()
    if kind.startswith("{") and kind.endswith("}"):
        return _Attribute(name, _numbers(_fields(kind[1:-1])))
    if kind.lower() not in _NUMERIC:
        raise _ArffError(f"line {number}: attribute {name!r} is neither numeric nor nominal")
    return _Attribute(name, None)


def _numbers(values: Sequence[str]) -> dict[str, float]:
    try:
        return {value: float(value) for value in values}
    except ValueError:
        return {value: float(place) for place, value in enumerate(values)}


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if quoted else text


def _fields(line: str) -> list[str]:
    quote = '"' if '"' in line and "'" not in line else "'"
    reader = csv.reader([line], quotechar=quote, escapechar="\\", skipinitialspace=True)
    return [field.strip() for field in next(reader, [])]


def _values(rows: list[tuple[int, str]], attributes: list[_Attribute]) -> np.ndarray:
    if len(rows) * len(attributes) > MAX_VALUES:
        raise _ArffError(f"has {len(rows)} x {len(attributes)} values, too many to hold in memory")
    sparse = [line[0] == "{" for _, line in rows]
    if any(sparse):
        if not all(sparse):
            raise _ArffError(f"line {rows[sparse.index(False)][0]}: this row is not sparse")
        return _sparse(rows, attributes)
    return _dense(rows, attributes)


def _dense(rows: list[tuple[int, str]], attributes: list[_Attribute]) -> np.ndarray:
    fields = []
    for number, line in rows:
        row = _fields(line)
        if len(row) != len(attributes):
            raise _ArffError(f"line {number} has {len(row)} values, not {len(attributes)}")
        fields.append(row)
    values = np.empty((len(rows), len(attributes)))
    for column, texts in enumerate(zip(*fields, strict=True)):
        values[:, column] = _column(texts, attributes[column])
    return values


def _sparse(rows: list[tuple[int, str]], attributes: list[_Attribute]) -> np.ndarray:
    values = np.tile([a.default for a in attributes], (len(rows), 1))
    pairs = [_pairs(number, line, len(attributes)) for number, line in rows]
    row = np.repeat(np.arange(len(rows)), [len(found) for found in pairs])
    flat = list(chain.from_iterable(pairs))
    column = np.array([place for place, _ in flat], np.int64)
    order = np.argsort(column, kind="stable")
    places, starts = np.unique(column[order], return_index=True)
    for place, chosen in zip(places, np.split(order, starts[1:]), strict=True):
        texts = [flat[i][1] for i in chosen]
        values[row[chosen], place] = _column(texts, attributes[place])
    return values


def _pairs(number: int, line: str, d: int) -> list[tuple[int, str]]:
    """Return the place and the text of each value in a row such as {3 1, 17 0.5}."""
    if not line.endswith("}"):
        raise _ArffError(f"line {number} has no closing brace")
    pairs = []
    for field in _fields(line[1:-1]):
        place, _, text = field.partition(" ")
        if not (place.isascii() and place.isdigit() and len(place) < 10 and int(place) < d):
            raise _ArffError(f"line {number}: {field[:40]!r} names none of {d} attributes")
        pairs.append((int(place), _unquoted(text.strip())))
    return pairs


def _column(texts: Sequence[str], attribute: _Attribute) -> np.ndarray:
    """Return values of one attribute as numbers."""
    known = {text: _number(text, attribute) for text in set(texts)}
    return np.fromiter((known[text] for text in texts), float, len(texts))


def _number(text: str, attribute: _Attribute) -> float:
    if text == _MISSING:
        return np.nan
    numbers = attribute.numbers
    try:
        # 1.0 stands for the value 1 too.
        value = float(text) if numbers is None or text not in numbers else numbers[text]
    except ValueError:
        value = None
    if value is None or (numbers is not None and value not in numbers.values()):
        raise _ArffError(f"has the value {text[:40]!r} for attribute {attribute.name!r}")
    return value


def read_label_names(path: Path) -> list[str]:
    """Return the names in MULAN's XML file of labels, in order.

    Raises:
        UserError: if it is broken.
    """
    names: list[str] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        if element.rpartition(":")[2] == "label":
            if "name" not in attributes:
                raise _ArffError("has a label without a name")
            names.append(attributes["name"])

    def refuse(*_: Any) -> None:
        raise _ArffError("declares an entity, which no list of labels needs")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(_text(path).encode(), True)
    except (_ArffError, expat.ExpatError) as error:
        raise UserError(f"{path} {error}; fetch it again") from error
    return names


def divide(table: Table, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return x, the attributes that are no labels, and y, the labels in the order of their names.

    Raises:
        KeyError: if a label is not there.
        ValueError: if a label has values that are neither 0 nor 1.
    """
    place = {name: i for i, name in enumerate(table.names)}
    columns = [place[label] for label in labels]
    y = table.values[:, columns]
    if not np.isin(y, (0, 1)).all():
        raise ValueError("a label has values other than 0 and 1")
    return np.delete(table.values, columns, 1), y.astype(np.uint8)
