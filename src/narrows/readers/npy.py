"""Arrays in .npy files and .npz archives, read some rows at a time."""

import lzma
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from narrows.errors import UserError
from narrows.files import replacing
from narrows.spec import Shape
from narrows.store import Stored, rows_in, write_header

_BLOCK = 4 << 20
_MOST_AT_ONCE = 256 << 20
# Deflate shrinks by 1032 at most, the other methods by more.
_MOST_SHRINKAGE = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 1100}
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, tokenize.TokenError, EOFError, ValueError,
    SyntaxError, TypeError, KeyError, IndexError, OverflowError, MemoryError, RecursionError,
    NotImplementedError, RuntimeError, AttributeError, OSError,
)  # fmt: skip


@dataclass(frozen=True)
class StoredArray:
    """An array in a file of its own or in an archive.

    Attributes:
        path: of the .npy file or the archive.
        member: its name in the archive; None in a file of its own.
        shape: of the array; its first axis counts the rows.
        dtype: of its values.
        fortran: whether columns, not rows, are kept together.
        offset: where the values begin.
    """

    path: Path
    member: str | None
    shape: Shape
    dtype: np.dtype
    fortran: bool
    offset: int

    @property
    def place(self) -> str:
        """Where the array is, for messages."""
        return f"{self.path}" if self.member is None else f"{self.path} ({self.member})"

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all rows in order, some at a time.

        Raises:
            UserError: if the file is cut off or damaged.
        """
        if self.fortran:
            yield self._whole()
            return
        step = rows_in(_BLOCK, self.shape, self.dtype)
        with _reading(self.path, self.member) as file:
            _skip(file, self.offset)
            for start in range(0, self.shape[0], step):
                shape = (min(step, self.shape[0] - start), *self.shape[1:])
                raw = _exactly(file, prod(shape) * self.dtype.itemsize)
                yield np.frombuffer(raw, self.dtype).reshape(shape)
            # A zip archive's checksum is looked at where its member ends.
            if file.read(1):
                raise ValueError("it holds more than its header says")

    def words(self) -> list[str]:
        """Return the words of an array of names.

        Raises:
            UserError: if it is no list of words or numbers.
        """
        if len(self.shape) != 1:
            raise UserError(f"{self.place} is {self.dtype} {self.shape}; names are (n,) words")
        return [str(word) for block in self.blocks() for word in self.as_text(block)]

    def as_text(self, block: np.ndarray) -> np.ndarray:
        """Return rows of words as text."""
        try:
            if block.dtype.kind == "S":
                return np.strings.decode(block, "utf-8")
            # Looked at one by one: not every number that may stand in the file is a letter.
            return np.array([str(word) for word in block], np.str_)
        except ValueError as error:
            raise UserError(f"{self.place} has words that are no text ({error})") from error

    def _whole(self) -> np.ndarray:
        size = prod(self.shape) * self.dtype.itemsize
        if size > _MOST_AT_ONCE:
            raise UserError(
                f"{self.place} is kept by columns; write it by rows, with np.ascontiguousarray"
            )
        with _reading(self.path, self.member) as file:
            _skip(file, self.offset)
            raw = _exactly(file, size)
        return np.frombuffer(raw, self.dtype).reshape(self.shape, order="F")

    def on_disk(self, path: Path) -> Stored:
        """Return the array as a .npy file whose rows can be read in any order.

        Args:
            path: where to write it, whole or not at all, unless it is such a file already; what
                is there is taken as written before.
        """
        if self.member is None and not self.fortran:
            return Stored(self.path, self.shape, self.dtype, self.offset)
        if not path.is_file():
            with replacing(path) as temporary, temporary.open("wb") as target:
                write_header(target, self.shape, self.dtype)
                for block in self.blocks():
                    target.write(np.ascontiguousarray(block).data)
        return Stored.open(path)


def find_arrays(path: Path) -> dict[str, StoredArray]:
    """Return the arrays in an .npz archive, a folder of .npy files or a .npy file, by name.

    A .npy file's array is called x. Only headers are read.

    Raises:
        UserError: if there is none, or a file is broken, pickled or may not be read.
    """
    if path.is_dir():
        try:
            files = {p.stem: p for p in sorted(path.iterdir()) if p.suffix == ".npy"}
        except PermissionError as error:
            raise UserError(f"{path} cannot be read ({error.strerror})") from error
        found = {name: _header(file, None) for name, file in files.items()}
    elif path.suffix == ".npy":
        found = {"x": _header(path, None)}
    elif path.suffix == ".npz":
        found = {m.removesuffix(".npy"): _header(path, m) for m in _members(path)}
    else:
        raise UserError(f"{path} is not a .npz file, a .npy file or a folder of .npy files")
    if not found:
        raise UserError(f"{path} holds no array; give a folder or an archive of .npy files")
    return found


def _members(path: Path) -> list[str]:
    with _opened(path) as file, zipfile.ZipFile(file) as archive:
        return [n for n in archive.namelist() if n.endswith(".npy")]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file; what goes wrong with it is told in one line."""
    try:
        with path.open("rb") as file:
            yield file
    except (PermissionError, IsADirectoryError) as error:
        raise UserError(f"{path} cannot be read ({error.strerror})") from error
    except _BROKEN as error:
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{path} is broken ({told}); write it again") from error


@contextmanager
def _reading(path: Path, member: str | None) -> Iterator[IO[bytes]]:
    """Open a .npy file, or one in an archive."""
    with _opened(path) as file:
        if member is None:
            yield file
            return
        with zipfile.ZipFile(file) as archive:
            info = archive.getinfo(member)
            most = _MOST_SHRINKAGE.get(info.compress_type)
            if most and info.file_size > info.compress_size * most + 1000:
                raise ValueError(f"{member} claims {info.file_size:,} bytes")
            with archive.open(info) as inner:
                yield inner


def _skip(file: IO[bytes], size: int) -> None:
    _exactly(file, size)


def _exactly(file: IO[bytes], size: int) -> bytearray:
    """Read so many bytes; no more is taken from memory than there are."""
    data = bytearray()
    while len(data) < size:
        piece = file.read(min(size - len(data), _BLOCK))
        if not piece:
            raise EOFError("it is cut off")
        data += piece
    return data


def _header(path: Path, member: str | None) -> StoredArray:
    with _reading(path, member) as file, warnings.catch_warnings():
        # numpy warns of old headers, Python of odd literals in broken ones.
        warnings.simplefilter("ignore")
        version = npy.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"its .npy version is {version}")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(file)
        array = StoredArray(path, member, shape, dtype, fortran, file.tell())
        if not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError(f"its shape is {shape}")
    if dtype.hasobject or dtype.kind not in "biufUS" or dtype.itemsize == 0:
        what = "pickled objects" if dtype.hasobject else f"values of type {dtype}"
        raise UserError(
            f"{array.place} holds {what}; store numbers, or words as a numpy string array"
        )
    size = array.offset + prod(shape) * dtype.itemsize
    there = _size(path, member)
    if shape and shape[0] > there:
        raise UserError(f"{array.place} says {shape[0]:,} rows in {there:,} bytes; write it again")
    if size > there:
        raise UserError(
            f"{array.place} is cut off: its header says {size:,} bytes, there are {there:,}; "
            "write it again"
        )
    return array


def _size(path: Path, member: str | None) -> int:
    if member is None:
        return path.stat().st_size
    with _opened(path) as file, zipfile.ZipFile(file) as archive:
        return archive.getinfo(member).file_size


def read_rows(stored: Stored, rows: np.ndarray) -> np.ndarray:
    """Read some rows, in their order; those that are near each other come from one read."""
    values = np.empty((len(rows), *stored.shape[1:]), stored.dtype)
    near = rows // rows_in(_BLOCK, stored.shape, stored.dtype)
    for chosen in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(near)) + 1):
        if len(chosen):
            low, high = int(rows[chosen].min()), int(rows[chosen].max())
            values[chosen] = stored[low : high + 1][rows[chosen] - low]
    return values
