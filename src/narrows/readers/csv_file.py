"""CSV files, read block by block: any encoding, and errors that name the line."""

import codecs
import csv
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pyarrow import csv as arrow_csv

from narrows.errors import UserError
from narrows.readers.pace import Pace
from narrows.readers.separators import SEPARATORS
from narrows.readers.words import to_numbers

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null")
# A row has to fit into one block. Several are in memory at once: pyarrow alone would read 32 ahead.
BLOCK = 8 << 20
_AHEAD = 3 * BLOCK


@dataclass(frozen=True)
class CsvFile:
    """A CSV file with a heading.

    Attributes:
        path: of the file.
        separator: between values, one character, or its name: tab, semicolon, pipe, comma.
        encoding: of the text, as Python names it.
        missing: words that stand for no value, in any column.
        on_error: what to do with a row that has more or fewer values than the heading.
        ragged: the rows that the last whole reading left out: what is wrong with each, by its
            number among all rows, the heading being 0.
    """

    path: Path
    separator: str = ","
    encoding: str = "utf-8"
    missing: tuple[str, ...] = MISSING
    on_error: Literal["stop", "skip"] = "stop"
    ragged: dict[int, str] = field(default_factory=dict, compare=False)

    @cached_property
    def _heading(self) -> tuple[str, ...]:
        """The heading as it stands.

        Raises:
            UserError: if the file cannot be read, is empty or has two columns of one name.
        """
        with self._open() as reader:
            found = reader.schema.names
        check_names(self.path, found)
        return tuple(found)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns; one without a name is called by its place, such as column_1.

        Raises:
            UserError: if the file cannot be read, is empty or has two columns of one name.
        """
        # pandas writes its index as a column without a name.
        called = tuple(n or f"column_{i}" for i, n in enumerate(self._heading, 1))
        check_names(self.path, called)
        return called

    @property
    def numbers(self) -> frozenset[str] | None:
        """Which columns hold numbers: a CSV file does not say."""
        return None

    def batches(
        self, columns: Sequence[str], numbers: Collection[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Read some columns, a block of rows at a time.

        Args:
            columns: their names, at least one.
            numbers: those to read as float64; the others are read as text.

        Raises:
            UserError: for the first thing that is wrong with the file; it names the line.
        """
        headings = dict(zip(self.names, self._heading, strict=True))
        stored = [headings[c] for c in columns]
        convert = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(stored, pa.string()),
            include_columns=stored,
            null_values=list(self.missing),
            strings_can_be_null=True,
        )
        self.ragged.clear()
        pace = Pace(_AHEAD)
        with self._open(convert, pace) as reader:
            for batch in pace.taking(reader, BLOCK):
                read = dict(zip(columns, batch.columns, strict=True))
                for name in numbers:
                    read[name] = to_numbers(read[name], self.missing)
                yield pa.RecordBatch.from_arrays(list(read.values()), names=list(read))

    @contextmanager
    def _open(
        self, convert: arrow_csv.ConvertOptions | None = None, pace: Pace | None = None
    ) -> Iterator[arrow_csv.CSVStreamingReader]:
        separator = SEPARATORS.get(self.separator, self.separator)
        if len(separator) != 1 or not separator.isascii() or separator in '"\r\n':
            raise UserError(
                f"dataset.separator={self.separator!r} is not one character; tab, semicolon, "
                "pipe and comma may be named"
            )
        parse = arrow_csv.ParseOptions(
            delimiter=separator, newlines_in_values=True, invalid_row_handler=self._ragged_row
        )
        # In one thread, so that rows have numbers.
        read = arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK)
        pace = pace or Pace(_AHEAD)
        decoder = self._decoder(pace)
        try:
            with self.path.open("rb") as file:
                stream = pa.TransformInputStream(pa.PythonFile(file), decoder)
                with arrow_csv.open_csv(stream, read, parse, convert) as reader:
                    try:
                        yield reader
                    finally:
                        pace.end()
        except (PermissionError, IsADirectoryError) as error:
            raise UserError(
                f"{self.path} cannot be read ({error.strerror}); give a file you may read"
            ) from error
        except pa.ArrowException as error:
            raise self._told(error) from error
        finally:
            # Some blocks would be kept for arrays to come.
            pa.default_memory_pool().release_unused()

    def _decoder(self, pace: Pace) -> "_Decoder":
        try:
            return _Decoder(self.path, codecs.lookup(self.encoding), pace)
        except LookupError as error:
            raise UserError(
                f"dataset.encoding={self.encoding} is not known; utf-8, utf-16, latin-1 and "
                "cp1252 are common ones"
            ) from error

    def _ragged_row(self, row: arrow_csv.InvalidRow) -> str:
        values = "1 value" if row.actual_columns == 1 else f"{row.actual_columns} values"
        self.ragged[row.number - 1] = f"{values} where the heading has {row.expected_columns}"
        return self.on_error.replace("stop", "error")

    def _told(self, error: pa.ArrowException) -> UserError:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        if self.ragged and self.on_error == "stop":
            row, problem = next(iter(self.ragged.items()))
            return UserError(
                f"{self.path} line {self.lines([row])[row]}: {problem}; mend the row, or leave "
                "such rows out with dataset.on_error=skip"
            )
        if "Empty CSV" in text:
            return UserError(f"{self.path} is empty; it needs a heading and rows")
        if "straddl" in text:
            return UserError(
                f"{self.path} has a row of more than {BLOCK >> 20} MiB; is a quote left open?"
            )
        return UserError(f"{self.path} cannot be read as CSV ({text}); mend it")

    def where(self, kept: Sequence[int]) -> list[str]:
        """Return where some rows are, such as "line 17".

        Args:
            kept: their numbers, from 0, among the rows that were read, in ascending order.
        """
        left_out = sorted(self.ragged)
        rows, passed = [], 0
        for number in kept:
            while passed < len(left_out) and left_out[passed] <= number + 1 + passed:
                passed += 1
            rows.append(number + 1 + passed)
        lines = self.lines(rows)
        return [f"line {lines[row]}" for row in rows]

    def left_out(self, most: int) -> list[str]:
        """Return what is wrong with the first rows that were left out, each with its line."""
        first = dict(list(self.ragged.items())[:most])
        lines = self.lines(first)
        return [f"line {lines[row]}: {text}" for row, text in first.items()]

    def lines(self, rows: Collection[int]) -> dict[int, int]:
        """Return the line, from 1, on which each of some rows starts, the heading being row 0.

        A row is not a line where a value in quotes has several or where lines are blank.
        """
        wanted = set(rows)
        found: dict[int, int] = {}
        if not wanted:
            return found
        separator = SEPARATORS.get(self.separator, self.separator)
        limit = csv.field_size_limit(BLOCK)
        try:
            with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
                reader = csv.reader(file, delimiter=separator)
                row, line = -1, 1
                for values in reader:
                    row += bool(values)
                    if values and row in wanted:
                        found[row] = line
                        if len(found) == len(wanted):
                            break
                    line = reader.line_num + 1
        except csv.Error:
            # What is left is told by its number alone.
            pass
        finally:
            csv.field_size_limit(limit)
        return {row: found.get(row, row + 1) for row in rows}


class _Decoder:
    """Turns the bytes of a file into UTF-8, and tells where they are no text."""

    def __init__(self, path: Path, codec: codecs.CodecInfo, pace: Pace) -> None:
        self.path, self.name, self.pace = path, codec.name, pace
        if codec.incrementaldecoder is None:
            raise LookupError(codec.name)
        self.decoder = codec.incrementaldecoder()
        # base64 and the like turn bytes into bytes.
        if not isinstance(self.decoder.decode(b"", False), str):
            raise LookupError(codec.name)
        self.offset, self.newlines = 0, 0

    def __call__(self, data: bytes) -> bytes:
        """Return the next bytes as UTF-8; the end is told by an empty block."""
        data = bytes(data)
        self.pace.read(len(data))
        pending = self.decoder.getstate()[0]
        try:
            text = self.decoder.decode(data, not data)
        except UnicodeError as error:
            start = getattr(error, "start", 0)
            raise self._told(pending + data, self.offset - len(pending), start) from error
        if "\0" in text:
            raise self._no_text(text[: text.index("\0")].count("\n"))
        self.offset += len(data)
        self.newlines += text.count("\n")
        return data if self.name == "utf-8" else text.encode("utf-8", "replace")

    def _told(self, data: bytes, offset: int, start: int) -> UserError:
        line = self.newlines + data[:start].count(b"\n") + 1
        remedy = "utf-16" if offset == 0 and data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
        if self.name != "utf-8":
            return UserError(
                f"{self.path} line {line}: byte {offset + start} is not {self.name}; set "
                "dataset.encoding to the encoding it was written in"
            )
        return UserError(
            f"{self.path} line {line}: byte {offset + start} is not UTF-8; say in which encoding "
            f"it was written, such as dataset.encoding={remedy}"
        )

    def _no_text(self, lines: int) -> UserError:
        return UserError(
            f"{self.path} line {self.newlines + lines + 1}: a zero byte, so this is no text in "
            f"{self.name}; give a CSV file, or try dataset.encoding=utf-16"
        )


def check_names(path: Path, names: Sequence[str]) -> None:
    """Check that no two columns have one name.

    Raises:
        UserError: if two have.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UserError(f"{path} has two columns {name!r}; rename one")
        seen.add(name)
