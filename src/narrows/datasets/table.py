"""A table of one's own, CSV or Parquet: numbers, words, missing values and labels."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import PositiveInt

from narrows.datasets.base import Part, Parts
from narrows.datasets.own import OPEN, Division, OwnData
from narrows.errors import UserError
from narrows.row_numbers import reorder
from narrows.spec import Spec
from narrows.store import Stored
from narrows.tables.problems import TOLD

if TYPE_CHECKING:
    # pyarrow takes half a second to import.
    from narrows.tables.columns import Column
    from narrows.tables.files import TableFile
    from narrows.tables.survey import Survey

_MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null")


class _Study(NamedTuple):
    """What two passes over the table have found: names of labels, and y of each part."""

    file: "TableFile"
    labels: tuple[str, ...]
    y: dict[str, np.ndarray]
    parts: dict[str, Division]
    rows: int
    columns: "list[Column]"
    empty: list[str]
    left_out: list[str]
    left_out_rows: int


# The last table alone: spec() and load() of one process ask for the same.
_studied: dict[str, _Study] = {}


@dataclass(frozen=True, kw_only=True)
class Table(OwnData):
    """Numbers are standardized by the train part, words become one 0/1 value for each.

    A missing number becomes the train part's mean, and where train has any, a value of its own
    says so. A missing word is a category of its own. A word that train has not becomes zeros.

    Attributes:
        labels: names or patterns, such as "label_*", of the label columns: each is 0 or 1, or the
            only one holds a class, or a list.
        label_separator: between the labels in the only label column.
        ignore: names or patterns of columns to leave out.
        categorical: names or patterns of columns whose values are words even if all are numbers.
        max_categories: different words that a column may have.
        missing: words that stand for no value in a CSV file.
        encoding: of a CSV file.
        separator: between values in a CSV file: a character or tab, semicolon, pipe or comma; so
            are these names for label_separator.
        split_column: that says train, val or test; what it does not name is split off train.
    """

    labels: str | Sequence[str] = ()
    label_separator: str | None = None
    ignore: str | Sequence[str] = ()
    categorical: str | Sequence[str] = ()
    max_categories: PositiveInt = 256
    missing: Sequence[str] = _MISSING
    encoding: str = "utf-8"
    separator: str = ","
    split_column: str | None = None

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        rule = super().split_rule
        if self.split_column is None:
            return rule
        return f"as the column {self.split_column!r} says; what it leaves open is {rule}"

    def spec(self) -> Spec:
        """Return the number of values and the labels; the table is read for it."""
        study = self._study()
        width = sum(len(c.outputs) for c in study.columns)
        return Spec((width,), study.labels, "table")

    def load(self, work: Path) -> Parts:
        """Return the parts, which are read from a file of fixed-width cells in `work`."""
        from narrows.tables.cells import write_cells
        from narrows.tables.columns import layout_of
        from narrows.tables.rows import TableRows

        study = self._study()
        path = work / f"cells-{hashlib.sha256(self._key().encode()).hexdigest()[:16]}.npy"
        if not path.is_file():
            write_cells(study.file, study.columns, study.rows, tuple(self.missing), path)
        cells, places = Stored.open(path), layout_of(study.columns)
        return {
            part: Part(
                TableRows(self.path, cells, places, division.rows),
                study.y[part],
                division.labelled,
            )
            for part, division in study.parts.items()
        }

    def facts(self) -> dict[str, Any]:
        """Return what each column is, how it becomes values, and which rows were left out."""
        study = self._study()
        return {
            "columns": [c.facts() for c in study.columns],
            "features": [name for c in study.columns for name in c.outputs],
            "columns_without_values_in_train": study.empty,
            "rows_left_out": study.left_out_rows,
            "left_out": study.left_out,
        }

    def _key(self) -> str:
        state = self.source.stat()
        return repr((self, self.source.resolve(), state.st_size, state.st_mtime_ns))

    def _study(self) -> _Study:
        key = self._key()
        if key not in _studied:
            _studied.clear()
            _studied[key] = self._read()
        return _studied[key]

    def _read(self) -> _Study:
        from narrows.tables.columns import learn_columns
        from narrows.tables.files import choose_roles, open_table
        from narrows.tables.survey import survey

        missing = tuple(self.missing)
        file = open_table(self.source, self.separator, self.encoding, missing, self.on_error)
        roles = choose_roles(file, self.labels, self.ignore, self.categorical, self.split_column)
        found = survey(file, roles, self.label_separator, missing)
        left_out = self._left_out(file, found)
        parts = self.divide(found.labels, found.given, found.problems.rows)
        codes = np.full(found.rows, OPEN, np.int8)
        for code, division in enumerate(parts.values()):
            codes[division.rows] = code
        columns, empty = learn_columns(
            file, found.kinds, codes, self.max_categories, missing, found.words
        )
        if not columns:
            raise UserError(
                f"{self.path}: no column has a value in the train part; bring more rows"
            )
        bad = len(found.problems.rows) + len(file.ragged)
        y = _in_parts(found.labels.y, parts)
        return _Study(file, found.labels.names, y, parts, found.rows, columns, empty, left_out, bad)

    def _left_out(self, file: "TableFile", found: "Survey") -> list[str]:
        """Return what is wrong with rows that cannot be used, or raise it."""
        texts = found.problems.texts
        told = zip(file.where(list(texts)), texts.values(), strict=True)
        lines = [f"{self.path} {where}: {text}" for where, text in told]
        if lines and self.on_error == "stop":
            raise UserError(
                f"{lines[0]}; mend it, or leave such rows out with dataset.on_error=skip"
            )
        ragged = [f"{self.path} {text}" for text in file.left_out(TOLD)]
        return (lines + ragged)[:TOLD]


def _in_parts(y: np.ndarray, parts: dict[str, Division]) -> dict[str, np.ndarray]:
    """Return the labels of each part, which take the place of `y` in memory."""
    rows = np.concatenate([division.rows for division in parts.values()])
    ends = np.cumsum([len(division.rows) for division in parts.values()])[:-1]
    return dict(zip(parts, np.split(reorder(y, rows), ends), strict=True))
