"""Sparse examples, such as bags of words, that become dense one batch at a time."""

import mmap
import sys
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from narrows.errors import UserError
from narrows.store import CSR, Stored

# Pages that are never written to need no memory set aside for them; Python names this from 3.12 on.
_NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)


def mapped(path: Path) -> Tensor:
    """Map a .npy file, of any size, into memory; what is written to it stays in memory.

    Raises:
        UserError: if it is not there.
    """
    if not path.is_file():
        raise UserError(f"{path} is missing; prepare the data set again")
    stored = Stored.open(path)
    access = {"flags": mmap.MAP_PRIVATE | _NO_RESERVE, "prot": mmap.PROT_READ | mmap.PROT_WRITE}
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, **access)
    count = prod(stored.shape)
    array = np.frombuffer(content, stored.dtype, count, stored.offset) if count else np.empty(0)
    return torch.from_numpy(array.astype(stored.dtype, copy=False).reshape(stored.shape))


class SparseRows:
    """Rows in CSR form; rows taken from it are dense.

    Args:
        indptr: (n + 1,) where each row begins in the other two.
        indices: (nonzero,) columns.
        data: (nonzero,) values.
        columns: number of columns d.
    """

    def __init__(self, indptr: Tensor, indices: Tensor, data: Tensor, columns: int) -> None:
        self.indptr, self.indices, self.data, self.columns = indptr, indices, data, columns

    @classmethod
    def open(cls, folder: Path, part: str) -> "SparseRows":
        """Map the arrays of a part into memory."""
        indptr, indices, data = (mapped(folder / f"{part}.x.{name}.npy") for name in CSR)
        return cls(indptr, indices, data, int(mapped(folder / f"{part}.x.columns.npy")))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n, d)."""
        return (len(self), self.columns)

    @property
    def device(self) -> torch.device:
        """Return where the values are."""
        return self.data.device

    @property
    def nbytes(self) -> int:
        """Return the bytes of all arrays."""
        return self.indptr.nbytes + self.indices.nbytes + self.data.nbytes

    def to(self, device: torch.device) -> "SparseRows":
        """Return the rows on `device`."""
        indptr, indices, data = (a.to(device) for a in (self.indptr, self.indices, self.data))
        return SparseRows(indptr, indices, data, self.columns)

    def narrow(self, dim: int, start: int, length: int) -> "SparseRows":
        """Return `length` rows from `start` on, without copying their values."""
        assert dim == 0  # noqa: S101
        ends = self.indptr[start : start + length + 1]
        values = slice(int(ends[0]), int(ends[-1]))
        return SparseRows(ends - ends[0], self.indices[values], self.data[values], self.columns)

    def take_rows(self, rows: Tensor) -> "SparseRows":
        """Return the rows at `rows`, sparse as they are."""
        counts, place = self._places(rows)
        indptr = torch.nn.functional.pad(counts.cumsum(0), (1, 0))
        return SparseRows(indptr, self.indices[place], self.data[place], self.columns)

    def index_select(self, dim: int, rows: Tensor) -> Tensor:
        """Return the rows at `rows`, (batch,), dense: (batch, d)."""
        assert dim == 0  # noqa: S101
        counts, place = self._places(rows)
        row = torch.repeat_interleave(torch.arange(len(rows), device=self.device), counts)
        dense = torch.zeros(len(rows) * self.columns, device=self.device)
        dense[row * self.columns + self.indices[place]] = self.data[place]
        return dense.view(len(rows), self.columns)

    def _places(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return how many values each row has, and where they stand, row after row."""
        starts = self.indptr.index_select(0, rows)
        counts = self.indptr.index_select(0, rows + 1) - starts
        # The k-th of all values is its row's start, plus k less the values of the rows before.
        shift = torch.repeat_interleave(starts - (counts.cumsum(0) - counts), counts)
        return counts, torch.arange(len(shift), device=self.device) + shift

    def __getitem__(self, rows: slice) -> Tensor:
        return self.index_select(0, torch.arange(len(self), device=self.device)[rows])
