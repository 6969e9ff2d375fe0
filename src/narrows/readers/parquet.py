"""Parquet files, read a few rows at a time."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from narrows.errors import UserError
from narrows.readers.csv_file import check_names
from narrows.readers.words import compute

# Values in memory at once.
_VALUES = 1 << 20


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file.

    Attributes:
        path: of the file.
    """

    path: Path

    @cached_property
    def schema(self) -> pa.Schema:
        """Names and types of the columns.

        Raises:
            UserError: if the file cannot be read or has two columns of one name.
        """
        with self._open() as file:
            schema = file.schema_arrow
        check_names(self.path, schema.names)
        return schema

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.schema.names)

    @property
    def numbers(self) -> frozenset[str]:
        """Which columns hold numbers."""
        return frozenset(f.name for f in self.schema if _is_number(f.type))

    @property
    def ragged(self) -> dict[int, str]:
        """Rows that were left out: there are none in a Parquet file."""
        return {}

    def batches(
        self, columns: Sequence[str], numbers: Collection[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Read some columns, a block of rows at a time.

        Args:
            columns: their names, at least one.
            numbers: those to read as float64; the others are read as text.

        Raises:
            UserError: if the file is broken, or a column holds lists, dates or the like.
        """
        types = {c: pa.float64() if c in numbers else pa.string() for c in columns}
        for column in columns:
            self._check(column, self.schema.field(column).type)
        rows = max(1, _VALUES // len(columns))
        with self._open() as file:
            for batch in file.iter_batches(rows, columns=list(columns), use_threads=False):
                read = [_cast(batch.column(c), kind) for c, kind in types.items()]
                yield pa.RecordBatch.from_arrays(read, names=list(columns))

    def _check(self, column: str, kind: pa.DataType) -> None:
        if not (_is_number(kind) or _is_text(kind) or pa.types.is_null(kind)):
            raise UserError(
                f"{self.path}: column {column!r} holds {kind}, neither numbers nor text; write it "
                "as one of these, or leave it out with dataset.ignore"
            )

    @contextmanager
    def _open(self) -> Iterator[parquet.ParquetFile]:
        try:
            # Opened here, since pyarrow would leave a file open that is not Parquet.
            with self.path.open("rb") as source:
                yield parquet.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20)
        except (PermissionError, IsADirectoryError) as error:
            raise UserError(
                f"{self.path} cannot be read ({error.strerror}); give a file you may read"
            ) from error
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            text = (str(error).splitlines() or [type(error).__name__])[0]
            raise UserError(
                f"{self.path} cannot be read as Parquet ({text}); write it again"
            ) from error
        finally:
            # Some blocks would be kept for arrays to come.
            pa.default_memory_pool().release_unused()

    def left_out(self, most: int) -> list[str]:
        """Return what is wrong with rows that were left out: nothing."""
        return []

    def where(self, kept: Sequence[int]) -> list[str]:
        """Return where some rows are, such as "row 17", counted from 1."""
        return [f"row {number + 1}" for number in kept]


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    # Whole numbers beyond 2^53 lose digits, as they would in float32 anyway.
    return compute.cast(column, kind, safe=False)
