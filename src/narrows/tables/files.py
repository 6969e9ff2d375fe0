"""Which reader a table needs, and what each of its columns is for."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import pyarrow as pa

from narrows.errors import UserError, nearest
from narrows.readers.csv_file import CsvFile
from narrows.readers.parquet import ParquetFile
from narrows.readers.separators import SEPARATORS

# Where names of columns that belong together differ.
_CUT = re.compile(r"[_\-. :/]+|(?<=[a-z])(?=\d)")
CSV_ENDINGS, PARQUET_ENDINGS = (".csv", ".tsv", ".txt"), (".parquet", ".pq")


class TableFile(Protocol):
    """What the readers of tables have in common; see `CsvFile` and `ParquetFile`."""

    @property
    def path(self) -> Path: ...  # noqa: D102
    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def numbers(self) -> frozenset[str] | None: ...  # noqa: D102
    @property
    def ragged(self) -> dict[int, str]: ...  # noqa: D102
    def batches(  # noqa: D102
        self, columns: Sequence[str], numbers: Collection[str] = ()
    ) -> Iterator[pa.RecordBatch]: ...
    def where(self, kept: Sequence[int]) -> list[str]: ...  # noqa: D102
    def left_out(self, most: int) -> list[str]: ...  # noqa: D102


def open_table(
    path: Path,
    separator: str,
    encoding: str,
    missing: Sequence[str],
    on_error: Literal["stop", "skip"],
) -> TableFile:
    """Return the reader for a file, chosen by the end of its name.

    Raises:
        UserError: for another end.
    """
    ending = path.suffix.lower()
    if path.is_dir() or ending not in CSV_ENDINGS + PARQUET_ENDINGS:
        raise UserError(f"{path} is not a table; give a file that ends in .csv, .tsv or .parquet")
    if ending in PARQUET_ENDINGS:
        return ParquetFile(path)
    return CsvFile(path, separator, encoding, tuple(missing), on_error)


class Roles(NamedTuple):
    """What the columns are for, each in the order of the file.

    Attributes:
        features: what x is made of.
        labels: what y is made of.
        words: features whose values are words even where they look like numbers.
        split: the column that says the part.
    """

    features: tuple[str, ...]
    labels: tuple[str, ...]
    words: frozenset[str]
    split: str | None


def choose_roles(
    file: TableFile,
    labels: str | Sequence[str],
    ignore: str | Sequence[str],
    categorical: str | Sequence[str],
    split: str | None,
) -> Roles:
    """Return what each column is for.

    Args:
        file: with the columns.
        labels: names or shell patterns, such as "label_*".
        ignore: the same, of columns to leave out.
        categorical: the same, of features whose values are words.
        split: name of a column.

    Raises:
        UserError: for a name or pattern that no column has, or if no feature is left.
    """
    chosen = {
        option: matching(file, patterns, option)
        for option, patterns in (
            ("labels", labels),
            ("ignore", ignore),
            ("categorical", categorical),
            ("split_column", [] if split is None else [split]),
        )
    }
    both = set(chosen["labels"]) & {*chosen["ignore"], *chosen["split_column"]}
    if both:
        raise UserError(
            f"{file.path}: column {min(both)!r} is for labels and for something else; change "
            "dataset.labels, dataset.ignore or dataset.split_column"
        )
    taken = {*chosen["labels"], *chosen["ignore"], *chosen["split_column"]}
    features = tuple(name for name in file.names if name not in taken)
    if not features:
        raise UserError(
            f"{file.path}: no column is left to learn from; change dataset.labels or dataset.ignore"
        )
    return Roles(features, chosen["labels"], frozenset(chosen["categorical"]), split)


def matching(file: TableFile, patterns: str | Sequence[str], option: str) -> tuple[str, ...]:
    """Return the columns that a name or a pattern fits; a name counts for itself alone.

    Raises:
        UserError: for a name or pattern that fits none.
    """
    known, found = set(file.names), set()
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        if pattern in known:
            found.add(pattern)
            continue
        fitting = {name for name in known if fnmatchcase(name, pattern)}
        if not fitting:
            raise UserError(
                f"{file.path} has no column {pattern!r} for dataset.{option}"
                f"{_remedy(file.names, pattern)}"
            )
        found |= fitting
    return tuple(name for name in file.names if name in found)


def _remedy(names: Sequence[str], pattern: str) -> str:
    if told := other_separator(names):
        return f"; {told}"
    return nearest(pattern, {*names, *(_patterns(names) if "*" in pattern else ())})


def other_separator(names: Sequence[str]) -> str:
    """Say so if a heading of one column looks as if another separator stood in it; else ""."""
    for name, separator in SEPARATORS.items():
        if len(names) == 1 and name.isalpha() and separator in names[0]:
            return f"its columns look separated otherwise: try dataset.separator={name}"
    return ""


def _patterns(names: Sequence[str]) -> set[str]:
    """Return patterns for what several columns begin or end with, such as "label_*"."""
    starts = Counter(name[: cut.end()] + "*" for name in names for cut in _CUT.finditer(name))
    ends = Counter("*" + name[cut.start() :] for name in names for cut in _CUT.finditer(name))
    return {pattern for pattern, count in (starts + ends).items() if count > 1}
