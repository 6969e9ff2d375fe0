"""A file of labels: one row for each image, found by its name."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from narrows.datasets.labels import Labels, from_classes, from_columns, from_lists
from narrows.errors import UserError, nearest


class LabelColumns(NamedTuple):
    """Which columns say what.

    Attributes:
        file: the column with the image's name.
        labels: names or patterns of the label columns.
        separator: between the labels in a single column that holds a list.
    """

    file: str
    labels: str | list[str]
    separator: str | None


def read_label_file(
    path: Path, names: Sequence[str], columns: LabelColumns, on_error: Literal["stop", "skip"]
) -> tuple[Labels, list[str]]:
    """Return the labels of the images `names`; those without a row have none.

    Args:
        path: of a CSV or Parquet file.
        names: of the images, as they lie below the folder.
        columns: of the file.
        on_error: stop at a row that fits no image, or fits one that had a row, or leave it out.

    Returns:
        The labels, and what was left out, a line for each.

    Raises:
        UserError: for a row or a value that does not fit, if that is not left out.
    """
    if not path.is_file():
        raise UserError(f"dataset.labels={path} is not there; name a CSV or Parquet file")
    # pyarrow takes half a second to import: worker processes do without.
    from narrows.readers.csv_file import CsvFile
    from narrows.readers.parquet import ParquetFile

    file = ParquetFile(path) if path.suffix == ".parquet" else CsvFile(path)
    if columns.file not in file.names:
        raise UserError(
            f"{path} has no column {columns.file!r} with the images' names"
            f"{nearest(columns.file, file.names)} dataset.file_column=… names it"
        )
    chosen = _matching(path, file.names, columns)
    table: dict[str, list[Any]] = {name: [] for name in (columns.file, *chosen)}
    for batch in file.batches(list(table)):
        for name, values in zip(table, batch.columns, strict=True):
            table[name] += values.to_pylist()
    rows, wrong = _match(path, table.pop(columns.file), names)
    if wrong and on_error == "stop":
        raise UserError(f"{wrong[0]}; or leave such rows out with dataset.on_error=skip")
    taken = {name: [None if r < 0 else v[r] for r in rows] for name, v in table.items()}
    try:
        return _labels(taken, columns.separator), wrong
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def _matching(path: Path, names: Sequence[str], columns: LabelColumns) -> list[str]:
    patterns = [columns.labels] if isinstance(columns.labels, str) else columns.labels
    for pattern in patterns:
        if not any(fnmatchcase(n, pattern) for n in names if n != columns.file):
            raise UserError(
                f"{path} has no column {pattern!r}; dataset.label_columns=… names those with labels"
            )
    matching = (n for n in names if any(fnmatchcase(n, p) for p in patterns))
    return [n for n in matching if n != columns.file]


def _match(path: Path, files: list[Any], names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Return the row of each image, -1 for none, and what is wrong with other rows."""
    known = {name: i for i, name in enumerate(names)}
    rows, wrong = np.full(len(names), -1), []
    for row, file in enumerate(files):
        image = known.get(str(file).replace("\\", "/").removeprefix("./"))
        if image is None:
            wrong.append(f"{path}, row {row + 1}: there is no image {file!r}; correct its name")
        elif rows[image] >= 0:
            wrong.append(
                f"{path}, row {row + 1}: {file!r} had row {rows[image] + 1} already; remove one"
            )
        else:
            rows[image] = row
    return rows, wrong


def _labels(table: dict[str, list[Any]], separator: str | None) -> Labels:
    if len(table) == 1:
        (values,) = table.values()
        if separator is not None:
            # A CSV file cannot tell an empty list from none: both are no labels.
            return from_lists([_split(v, separator) if v else None for v in values])
        if not {str(v) for v in values} <= {"0", "1", "None"}:
            return from_classes([v if v is None else str(v) for v in values])
    return from_columns({name: _numbers(name, v) for name, v in table.items()})


def _split(text: str, separator: str) -> list[str]:
    return [label.strip() for label in text.split(separator) if label.strip()]


def _numbers(name: str, values: list[Any]) -> np.ndarray:
    try:
        return np.array([np.nan if v is None else float(v) for v in values])
    except ValueError as error:
        raise UserError(
            f"label column {name!r} does not hold 0 and 1 ({error}); name the label columns with "
            "dataset.label_columns=…"
        ) from error
