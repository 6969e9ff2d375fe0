"""Rows of a table that is new, as vectors like those of a table that was prepared."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from narrows.errors import UserError, nearest
from narrows.tables.cells import cells_of
from narrows.tables.columns import Column, Number, column_of, layout_of
from narrows.tables.files import TableFile
from narrows.tables.rows import expand


def read_new_rows(
    file: TableFile, facts: list[dict[str, Any]], missing: tuple[str, ...]
) -> np.ndarray:
    """Return (n, width) float32: standardized and coded as the card says; other columns are left.

    Args:
        file: to read.
        facts: what the card of the prepared table says of its columns.
        missing: words that stand for no value.

    Raises:
        UserError: for a column that is not there, or a value that is too large.
    """
    columns = [column_of(fact) for fact in facts]
    for column in columns:
        if column.name not in file.names:
            raise UserError(
                f"{file.path} has no column {column.name!r}, which the model's data have"
                f"{nearest(column.name, file.names)}"
            )
    cells = np.concatenate(
        [np.zeros((0, len(columns)), np.float32), *_cells(file, columns, missing)]
    )
    infinite = np.argwhere(np.isinf(cells))
    if len(infinite):
        row, column = infinite[0]
        raise UserError(
            f"{file.path} {file.where([int(row)])[0]}: column {columns[column].name!r} is infinite "
            "or too far from the mean of the model's data; mend it"
        )
    return expand(cells, layout_of(columns))


def _cells(
    file: TableFile, columns: list[Column], missing: tuple[str, ...]
) -> Iterator[np.ndarray]:
    numbers = [c.name for c in columns if isinstance(c, Number)]
    for batch in file.batches([c.name for c in columns], numbers):
        yield cells_of(batch, columns, missing)
