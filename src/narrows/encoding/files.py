"""Codes in files that other programs read: Parquet, and numpy's .npz."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from narrows.encoding.sources import Labels
from narrows.files import replacing
from narrows.store import write_header

SUFFIXES = (".parquet", ".npz")


def write_codes(
    path: Path, codes: Iterator[np.ndarray], shape: tuple[int, int], labels: Labels | None
) -> None:
    """Write codes, and labels beside them where there are some; whole or not at all.

    Args:
        path: .parquet, with a column code_0, code_1, … for each value and one for each label; or
            .npz, with the arrays x, y and label_names, as dataset=arrays reads them.
        codes: blocks of rows, (batch, m) float32.
        shape: (n, m) of all of them.
        labels: of the examples.
    """
    write = _write_parquet if path.suffix.lower() == ".parquet" else _write_npz
    with replacing(path) as temporary:
        write(temporary, codes, shape, labels)


def _write_parquet(
    path: Path, codes: Iterator[np.ndarray], shape: tuple[int, int], labels: Labels | None
) -> None:
    # pyarrow takes half a second to import.
    import pyarrow as pa
    from pyarrow import parquet

    names = [f"code_{j}" for j in range(shape[1])]
    called = [] if labels is None else _distinct(labels.names, names)
    fields = [(name, pa.float32()) for name in names] + [(name, pa.uint8()) for name in called]
    done = 0
    with parquet.ParquetWriter(path, pa.schema(fields)) as writer:
        for block in codes:
            columns = [pa.array(column) for column in block.T]
            if labels is not None:
                rows = np.arange(done, done + len(block))
                unknown = rows >= labels.labelled
                columns += [pa.array(column, mask=unknown) for column in labels.y[rows].T]
            writer.write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields)))
            done += len(block)


def _distinct(names: tuple[str, ...], taken: list[str]) -> list[str]:
    """Return names of labels as columns: one called as a value of the code gets a _ behind it."""
    return [f"{name}_" if name in taken else name for name in names]


def _write_npz(
    path: Path, codes: Iterator[np.ndarray], shape: tuple[int, int], labels: Labels | None
) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("x.npy", "w", force_zip64=True) as entry:
            write_header(cast("BinaryIO", entry), shape, np.dtype(np.float32))
            for block in codes:
                entry.write(np.ascontiguousarray(block, np.float32).tobytes())
        if labels is None:
            return
        y = labels.y.astype(np.int8)
        y[labels.labelled :] = -1
        for name, array in (("y", y), ("label_names", np.array(labels.names))):
            with file.open(f"{name}.npy", "w") as entry:
                write_header(cast("BinaryIO", entry), array.shape, array.dtype)
                entry.write(np.ascontiguousarray(array).tobytes())
