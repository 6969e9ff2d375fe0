"""Records of a text file with named fields, JSON Lines or CSV, each at its place in the file."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from narrows.errors import UserError
from narrows.readers.lines import Line
from narrows.readers.separators import SEPARATORS
from narrows.text.texts import MAX_BYTES, TextError

_TOO_LONG = f"has more than {MAX_BYTES >> 20} MiB"
_QUOTE = "; is a quote left open?"


class Record(NamedTuple):
    """A record as it was found.

    Attributes:
        start: the byte at which it starts.
        size: in bytes.
        line: its first one, from 1.
        values: by field; none if there is a problem.
        problem: what is wrong with it, or nothing.
    """

    start: int
    size: int
    line: int
    values: dict[str, Any]
    problem: str = ""


class Format(Protocol):
    """How a file holds records; picklable."""

    def records(self, lines: Iterable[Line]) -> Iterator[Record]:
        """Yield the records of all lines."""
        ...

    def values(self, data: bytes) -> dict[str, Any]:
        """Return the fields of one record.

        Raises:
            TextError: if there is something wrong with it.
        """
        ...


class JsonLines:
    """One JSON object a line; blank lines do not count.

    Args:
        encoding: of the lines.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding

    def records(self, lines: Iterable[Line]) -> Iterator[Record]:
        """Yield the objects of all lines."""
        for line in lines:
            place = line.start, line.size, line.number
            if line.too_long:
                yield Record(*place, {}, _TOO_LONG)
            elif not line.content.isspace():
                try:
                    yield Record(*place, self.values(line.content))
                except TextError as error:
                    yield Record(*place, {}, str(error))

    def values(self, data: bytes) -> dict[str, Any]:
        """Return the fields of an object."""
        try:
            values = json.loads(decoded(data, self.encoding).removeprefix("\ufeff").rstrip())
        except json.JSONDecodeError as error:
            raise TextError(f"is no JSON ({error.msg} at character {error.pos + 1})") from error
        except ValueError as error:
            raise TextError("has a number that is too long") from error
        except RecursionError as error:
            raise TextError("is nested too deep") from error
        if not isinstance(values, dict):
            raise TextError('is no JSON object, such as {"text": "…"}')
        return values


def decoded(data: bytes, encoding: str) -> str:
    """Return bytes as text.

    Raises:
        TextError: if they are none in this encoding.
    """
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        raise TextError(
            f"is not {encoding} at its byte {start + 1}: say in which encoding it was written, "
            f"such as dataset.encoding={_other(data, encoding)}"
        ) from error


def _other(data: bytes, encoding: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return "latin-1" if encoding.lower().startswith("utf") else "utf-8"


class CsvRows:
    """Rows of a CSV file; blank lines do not count.

    Args:
        encoding: of the lines.
        separator: between values, one character; "tab" for a tab.
        heading: names of the fields.
    """

    def __init__(self, encoding: str, separator: str, heading: list[str]) -> None:
        self.encoding, self.separator, self.heading = encoding, separator, heading

    @classmethod
    def open(cls, path: Path, lines: Iterable[Line], encoding: str, separator: str) -> "CsvRows":
        """Read the heading.

        Raises:
            UserError: if it cannot be read, or names two fields alike.
        """
        mark = SEPARATORS.get(separator, separator)
        if len(mark) != 1 or mark in '"\r\n ':
            raise UserError(f"dataset.separator={separator!r} is not one character like , or ;")
        first = next(_rows(lines, encoding, mark), None)
        if first is None:
            raise UserError(f"{path} is empty; it needs a heading and rows")
        if first.problem:
            raise UserError(f"{path} line {first.line}, its heading, {first.problem}; mend it")
        heading = first.row
        twice = {name for name in heading if heading.count(name) > 1}
        if twice:
            raise UserError(f"{path} has two columns {min(twice)!r}; rename one")
        return cls(encoding, mark, heading)

    def records(self, lines: Iterable[Line]) -> Iterator[Record]:
        """Yield the rows below the heading."""
        rows = _rows(lines, self.encoding, self.separator)
        next(rows, None)
        for start, size, line, row, problem in rows:
            try:
                values = {} if problem else self._named(row)
                yield Record(start, size, line, values, problem)
            except TextError as error:
                yield Record(start, size, line, {}, str(error))

    def values(self, data: bytes) -> dict[str, Any]:
        """Return the fields of a row."""
        file = io.StringIO(decoded(data, self.encoding), newline="\n")
        with _long_values():
            try:
                return self._named(next(csv.reader(file, delimiter=self.separator, strict=True)))
            except (csv.Error, StopIteration) as error:
                raise TextError(f"is no row of a CSV file ({error})") from error

    def _named(self, row: list[str]) -> dict[str, Any]:
        if len(row) != len(self.heading):
            values = "1 value" if len(row) == 1 else f"{len(row)} values"
            raise TextError(f"has {values} where the heading has {len(self.heading)}")
        return dict(zip(self.heading, row, strict=True))


class _Row(NamedTuple):
    start: int
    size: int
    line: int
    row: list[str]
    problem: str


class _Feed:
    """Gives a CSV reader its lines, and notes where they are and what is wrong with them."""

    def __init__(self, lines: Iterable[Line], encoding: str) -> None:
        self.lines, self.encoding = iter(lines), encoding
        self.begin()

    def begin(self) -> None:
        self.first: Line | None = None
        self.size, self.problem = 0, ""

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.first = self.first or line
        self.size += line.size
        if line.too_long:
            self.problem = self.problem or _TOO_LONG + _QUOTE
        try:
            text = decoded(line.content, self.encoding)
        except TextError as error:
            self.problem = self.problem or str(error)
            text = line.content.decode(self.encoding, "replace")
        if "\0" in text:
            self.problem = self.problem or "holds a zero byte, so it is no text"
        return text.removeprefix("\ufeff") if line.start == 0 else text


def _rows(lines: Iterable[Line], encoding: str, separator: str) -> Iterator[_Row]:
    """Yield all rows, the heading too."""
    feed = _Feed(lines, encoding)
    reader = csv.reader(feed, delimiter=separator, strict=True)
    while True:
        feed.begin()
        row, problem = [], ""
        with _long_values():
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = _told(error)
        if feed.first is None or not (row or problem or feed.problem):
            continue
        start, line = feed.first.start, feed.first.number
        yield _Row(start, feed.size, line, row, feed.problem or problem)


def _told(error: csv.Error) -> str:
    text = str(error)
    if "field larger" in text:
        return f"has a value of more than {MAX_BYTES >> 20} MiB{_QUOTE}"
    if "unexpected end" in text:
        return "opens a quote that is never closed, so that all after it is lost"
    if "new-line" in text:
        return "has a carriage return within a value that is not in quotes"
    return f"is no row of a CSV file ({text})"


@contextmanager
def _long_values() -> Iterator[None]:
    """Let values be as long as a document may be."""
    limit = csv.field_size_limit(MAX_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
