"""Packed arrays on disk: written and read in blocks of rows, never mapped while they are made.

Dense rows are one .npy file; sparse ones are the three arrays of the CSR form, a .npy file each.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy
from scipy.sparse import csr_array

from narrows.files import naming
from narrows.spec import Shape

CSR = ("indptr", "indices", "data")
_CSR_TYPES = {"indices": np.dtype(np.int32), "data": np.dtype(np.float32)}
_BLOCK_BYTES = 8 << 20


def rows_in(block_bytes: int, shape: Shape, dtype: np.dtype) -> int:
    """Return how many rows fit into a block of so many bytes, at least one."""
    return max(1, block_bytes // max(1, prod(shape[1:]) * dtype.itemsize))


def write_header(file: BinaryIO, shape: Shape, dtype: np.dtype) -> None:
    """Write a .npy header."""
    fields = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(file, fields)


def save(path: Path, *arrays: np.ndarray) -> None:
    """Write arrays one after another, each as a .npy file is.

    numpy's own save does not say that the disk is full.
    """
    with naming(path), path.open("wb") as file:
        for values in arrays:
            write_header(file, values.shape, values.dtype)
            # Of an array whose rows are in order, no copy is made.
            file.write(np.ascontiguousarray(values).data)


@dataclass(frozen=True)
class Stored:
    """A .npy file whose rows are read by slices; `stored[a:b]` is an array.

    Attributes:
        path: of the file.
        shape: of the array.
        dtype: of its values.
        offset: where the values begin.
    """

    path: Path
    shape: Shape
    dtype: np.dtype
    offset: int

    @classmethod
    def open(cls, path: Path) -> "Stored":
        """Read the file's header."""
        with path.open("rb") as file:
            major, _ = npy.read_magic(file)
            read = npy.read_array_header_1_0 if major == 1 else npy.read_array_header_2_0
            shape, by_columns, dtype = read(file)
            if by_columns:
                raise ValueError(f"{path} holds its array column by column")
            return cls(path, shape, dtype, file.tell())

    @classmethod
    def create(cls, path: Path, shape: Shape, dtype: np.dtype) -> "Stored":
        """Make a file of the full size, without values yet; an earlier one of that size is kept."""
        path.touch()
        with path.open("r+b") as file:
            write_header(file, shape, dtype)
            offset = file.tell()
            file.truncate(offset + prod(shape) * dtype.itemsize)
        return cls(path, shape, dtype, offset)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def _row_bytes(self) -> int:
        return prod(self.shape[1:]) * self.dtype.itemsize

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(len(self))
        count = max(0, stop - start)
        place = self.offset + start * self._row_bytes
        size = prod(self.shape[1:])
        values = np.fromfile(self.path, self.dtype, count=count * size, offset=place)
        return values.reshape(count, *self.shape[1:])

    def write(self, start: int, values: np.ndarray) -> None:
        """Write rows from `start` on."""
        data = memoryview(values.astype(self.dtype, copy=False).tobytes())
        place = self.offset + start * self._row_bytes
        handle = os.open(self.path, os.O_WRONLY)
        try:
            with naming(self.path):
                while len(data):
                    done = os.pwrite(handle, data, place)
                    data, place = data[done:], place + done
        finally:
            os.close(handle)

    def blocks(self, rows: int | None = None) -> Iterator[np.ndarray]:
        """Yield all rows in order, some at a time."""
        step = rows or rows_in(_BLOCK_BYTES, self.shape, self.dtype)
        for start in range(0, len(self), step):
            yield self[start : start + step]


@dataclass(frozen=True)
class StoredCsr:
    """Sparse rows on disk; `stored[a:b]` is a csr_array.

    Attributes:
        indptr: (n + 1,) where each row begins in the other two.
        indices: (nonzero,) columns.
        data: (nonzero,) values.
        columns: number of columns.
    """

    indptr: Stored
    indices: Stored
    data: Stored
    columns: int

    @classmethod
    def open(cls, folder: Path, part: str) -> "StoredCsr":
        """Open the arrays of a part."""
        columns = int(np.load(folder / f"{part}.x.columns.npy"))
        indptr, indices, data = (Stored.open(folder / f"{part}.x.{name}.npy") for name in CSR)
        return cls(indptr, indices, data, columns)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def shape(self) -> Shape:
        """Return (n, d)."""
        return (len(self), self.columns)

    def __getitem__(self, rows: slice) -> csr_array:
        start, stop, _ = rows.indices(len(self))
        stop = max(start, stop)
        ends = self.indptr[start : stop + 1]
        values, columns = self.data[ends[0] : ends[-1]], self.indices[ends[0] : ends[-1]]
        return csr_array((values, columns, ends - ends[0]), shape=(stop - start, self.columns))

    def blocks(self, rows: int = 4096) -> Iterator[csr_array]:
        """Yield all rows in order, some at a time."""
        for start in range(0, len(self), rows):
            yield self[start : start + rows]


def open_part(folder: Path, part: str) -> Stored | StoredCsr:
    """Open the examples x of a part."""
    path = folder / f"{part}.x.npy"
    return Stored.open(path) if path.is_file() else StoredCsr.open(folder, part)


class CsrWriter:
    """Appends sparse rows to the three files of a part.

    Args:
        folder: that they lie in.
        part: whose rows these are.
        columns: that a row has, most of them zero.
    """

    def __init__(self, folder: Path, part: str, columns: int) -> None:
        save(folder / f"{part}.x.columns.npy", np.array(columns))
        self.paths = {name: folder / f"{part}.x.{name}.npy" for name in CSR}
        self.indptr, self.nonzero = [np.zeros(1, np.int64)], 0
        for name, dtype in _CSR_TYPES.items():
            save(self.paths[name], np.zeros(0, dtype))

    def append(self, rows: csr_array) -> None:
        """Add rows at the end."""
        self.indptr.append(rows.indptr[1:].astype(np.int64) + self.nonzero)
        self.nonzero += rows.nnz
        for name, dtype in _CSR_TYPES.items():
            with naming(self.paths[name]), self.paths[name].open("ab") as file:
                file.write(getattr(rows, name).astype(dtype, copy=False).tobytes())

    def close(self) -> None:
        """Write how many there are into the headers, which leave room for it."""
        save(self.paths["indptr"], np.concatenate(self.indptr))
        for name, dtype in _CSR_TYPES.items():
            with self.paths[name].open("r+b") as file:
                write_header(file, (self.nonzero,), dtype)


def keep_rows(path: Path, keep: np.ndarray) -> None:
    """Drop rows of a .npy file.

    Args:
        path: of the file.
        keep: (n,) bool.
    """
    stored, kept = Stored.open(path), path.with_suffix(".kept")
    fresh = Stored.create(kept, (int(keep.sum()), *stored.shape[1:]), stored.dtype)
    read = written = 0
    for block in stored.blocks():
        chosen = block[keep[read : read + len(block)]]
        fresh.write(written, chosen)
        read, written = read + len(block), written + len(chosen)
    kept.replace(path)


def keep_sparse_rows(folder: Path, part: str, keep: np.ndarray) -> None:
    """Drop rows of a part that is sparse."""
    stored, step, kept = StoredCsr.open(folder, part), 4096, f".kept-{part}"
    writer = CsrWriter(folder, kept, stored.columns)
    for number, block in enumerate(stored.blocks(step)):
        writer.append(csr_array(block[keep[number * step : (number + 1) * step]]))
    writer.close()
    for path in folder.glob(f"{kept}.*"):
        path.replace(folder / path.name.replace(kept, part, 1))
