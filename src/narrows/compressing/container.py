"""The file format: a header that says whose codes these are, blocks of them, and a checksum.

A file is

- 8 bytes: "narrows" and the version of the format, 1;
- 4 bytes: the length of the header, as all lengths little-endian;
- the header: JSON, see `Header`;
- blocks, each of 4 bytes of how many codes, 4 of how many bytes, 4 of the CRC-32 of the symbols
  (int32, one code after another), and the range coder's bytes;
- 32 bytes: SHA-256 of all before.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from narrows.compressing.codec import Codec
from narrows.errors import UserError
from narrows.files import replacing

_MAGIC = b"narrows\x01"
_LENGTH, _BLOCK, _CHECKSUM = struct.Struct("<I"), struct.Struct("<III"), 32
_LONGEST_HEADER = 4096
# Codes in a block: with the 12 bytes that a block takes at least, this bounds how many a file of a
# given size can claim to hold.
_ROWS = 4096


@dataclass(frozen=True)
class Header:
    """Whose codes a file holds.

    Attributes:
        model: hash of the run's weights.
        codec: hash of the quantizer and the frequencies.
        bits: what the codec is called: 8, 4, …, pq.
        examples: how many codes there are.
    """

    model: str
    codec: str
    bits: str
    examples: int

    @classmethod
    def of(cls, fields: Any) -> "Header":
        """Check fields that were read.

        Raises:
            ValueError: if they are not those of a header.
        """
        types = cls.__annotations__
        if not isinstance(fields, dict) or fields.keys() != types.keys():
            raise ValueError("other fields")
        if any(type(value) is not types[name] for name, value in fields.items()):
            raise ValueError("fields of other types")
        return cls(**fields)


class _Piece(NamedTuple):
    rows: int
    crc: int
    data: bytes


def write_codes(path: Path, header: Header, codec: Codec, codes: Iterable[np.ndarray]) -> int:
    """Write codes, blocks of (·, m) float32; return how many bytes the file has."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        digest, size = hashlib.sha256(), 0
        for data in chain([_head(header)], (_piece(codec, rows) for rows in _regrouped(codes))):
            file.write(data)
            digest.update(data)
            size += len(data)
        file.write(digest.digest())
    return size + _CHECKSUM


def size_of(header: Header, codec: Codec, codes: np.ndarray) -> int:
    """Return how many bytes a file of these codes, (n, m), has."""
    pieces = (_piece(codec, rows) for rows in _regrouped([codes]))
    return len(_head(header)) + sum(map(len, pieces)) + _CHECKSUM


def _head(header: Header) -> bytes:
    text = json.dumps(asdict(header)).encode()
    return _MAGIC + _LENGTH.pack(len(text)) + text


def _regrouped(codes: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the rows of all blocks, as many at a time as a block of the file has."""
    waiting: list[np.ndarray] = []
    count = 0
    for block in codes:
        waiting.append(block)
        count += len(block)
        if count >= _ROWS:
            rows = np.concatenate(waiting)
            whole = count - count % _ROWS
            yield from np.split(rows[:whole], range(_ROWS, whole, _ROWS))
            waiting, count = [rows[whole:]], count - whole
    if count:
        yield np.concatenate(waiting)


def _piece(codec: Codec, codes: np.ndarray) -> bytes:
    symbols = codec.quantizer.symbols(codes)
    data = codec.coder.encode(symbols)
    return _BLOCK.pack(len(codes), len(data), _crc(symbols)) + data


def _crc(symbols: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(symbols, "<i4").tobytes())


@dataclass(frozen=True)
class CodeFile:
    """A file of codes that is whole.

    Attributes:
        path: of the file.
        header: whose codes it has.
        start: where the blocks begin.
        stop: where they end.
    """

    path: Path
    header: Header
    start: int
    stop: int

    @classmethod
    def open(cls, path: Path) -> "CodeFile":
        """Read the header and check the whole file, in little memory.

        Raises:
            UserError: if it is no such file, or not whole.
        """
        if not path.is_file():
            raise UserError(f"{path} is not there; name a file that narrows compress wrote")
        size = path.stat().st_size
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise UserError(f"{path} is no file of codes; name one that narrows compress wrote")
            _check_whole(path, size)
            file.seek(len(_MAGIC))
            (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
            start, stop = len(_MAGIC) + _LENGTH.size + length, size - _CHECKSUM
            if length > _LONGEST_HEADER or start > stop:
                raise _broken(path)
            try:
                header = Header.of(json.loads(file.read(length)))
            except (ValueError, RecursionError) as error:
                raise _broken(path) from error
        found = cls(path, header, start, stop)
        found.check_blocks()
        return found

    def check_blocks(self) -> None:
        """Check that the blocks fill the file and hold as many codes as the header says.

        Raises:
            UserError: if not.
        """
        place, rows = self.start, 0
        with self.path.open("rb") as file:
            while place < self.stop:
                file.seek(place)
                count, length, _ = _BLOCK.unpack(file.read(_BLOCK.size))
                place += _BLOCK.size + length
                rows += count
                if not 0 < count <= _ROWS or length % 4:
                    raise _broken(self.path)
        if place != self.stop or rows != self.header.examples:
            raise _broken(self.path)

    def codes(self, codec: Codec) -> Iterator[np.ndarray]:
        """Yield the codes block by block, (·, m) float32.

        Raises:
            UserError: if what is decoded is not what was written.
        """
        for piece in self._pieces():
            symbols = codec.coder.decode(piece.data, piece.rows)
            if _crc(symbols) != piece.crc:
                raise UserError(
                    f"{self.path} does not decode to what was written; was it written with another "
                    "version of narrows or constriction?"
                )
            yield codec.quantizer.codes(symbols)

    def _pieces(self) -> Iterator[_Piece]:
        with self.path.open("rb") as file:
            file.seek(self.start)
            while file.tell() < self.stop:
                count, length, crc = _BLOCK.unpack(file.read(_BLOCK.size))
                yield _Piece(count, crc, file.read(length))


def _check_whole(path: Path, size: int) -> None:
    """Compare the checksum at the end with one of all before."""
    digest, left = hashlib.sha256(), size - _CHECKSUM
    if left < len(_MAGIC) + _LENGTH.size:
        raise _broken(path)
    with path.open("rb") as file:
        while left and (data := file.read(min(left, 1 << 20))):
            digest.update(data)
            left -= len(data)
        if file.read() != digest.digest():
            raise _broken(path)


def _broken(path: Path) -> UserError:
    return UserError(f"{path} is broken or not whole; copy it again, or compress again")
