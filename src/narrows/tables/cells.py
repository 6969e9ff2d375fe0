"""The third pass over a table: its cells as fixed-width numbers, on disk."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from narrows.errors import UserError
from narrows.files import replacing
from narrows.readers.words import compute, to_words
from narrows.store import write_header
from narrows.tables.columns import Category, Column, Number, as_matrix
from narrows.tables.files import TableFile

UNKNOWN = -1


def write_cells(
    file: TableFile, columns: list[Column], rows: int, missing: tuple[str, ...], path: Path
) -> None:
    """Write (rows, columns) float32 as .npy, whole or not at all.

    A number is standardized, NaN where it is missing. A word is its place among the categories,
    or -1 if it is none of them.

    Raises:
        UserError: if the file has another number of rows than before.
    """
    numbers = [c.name for c in columns if isinstance(c, Number)]
    done = 0
    with replacing(path) as temporary, temporary.open("wb") as target:
        write_header(target, (rows, len(columns)), np.dtype(np.float32))
        for batch in file.batches([c.name for c in columns], numbers):
            target.write(cells_of(batch, columns, missing).tobytes())
            done += len(batch)
        if done != rows:
            raise UserError(f"{file.path} changed while it was read; run again")


def cells_of(batch: pa.RecordBatch, columns: list[Column], missing: tuple[str, ...]) -> np.ndarray:
    """Return (rows, columns) float32, as `write_cells` describes them."""
    cells = np.empty((len(batch), len(columns)), np.float32)
    numbers = [(i, c) for i, c in enumerate(columns) if isinstance(c, Number)]
    if numbers:
        values = as_matrix(batch, [c.name for _, c in numbers])
        mean, std = np.array([[c.mean, c.std] for _, c in numbers]).T
        # What float32 cannot hold becomes infinite, which is told when the row is read.
        with np.errstate(over="ignore"):
            cells[:, [i for i, _ in numbers]] = (values - mean) / std
    for i, column in enumerate(columns):
        if isinstance(column, Category):
            cells[:, i] = _codes(batch.column(column.name), column, missing)
    return cells


def _codes(values: pa.Array, column: Category, missing: tuple[str, ...]) -> np.ndarray:
    words = to_words(values, missing)
    known = pa.array([c for c in column.categories if c is not None], pa.string())
    codes = compute.index_in(words, value_set=known, skip_nulls=True).fill_null(UNKNOWN).to_numpy()
    if column.categories[-1] is None:
        nothing = words.is_null().to_numpy(zero_copy_only=False)
        codes = np.where(nothing, len(column.categories) - 1, codes)
    return codes
