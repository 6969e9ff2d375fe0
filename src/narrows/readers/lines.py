"""Lines of a text file, compressed or not, in any encoding, none longer than memory allows."""

import gzip
import io
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from narrows.errors import UserError
from narrows.files import replacing
from narrows.text.texts import MAX_BYTES

_CHUNK = 1 << 20


class Line(NamedTuple):
    """A line with its end.

    Attributes:
        content: nothing if it is too long.
        start: the byte at which it starts.
        size: in bytes.
        number: from 1.
    """

    content: bytes
    start: int
    size: int
    number: int

    @property
    def too_long(self) -> bool:
        """Whether it was longer than what is kept."""
        return len(self.content) < self.size


def check_encoding(encoding: str) -> None:
    """Check that there is such an encoding.

    Raises:
        UserError: if there is none.
    """
    try:
        "\n".encode(encoding)
    except (LookupError, UnicodeError) as error:
        raise UserError(
            f"dataset.encoding={encoding} is not known; utf-8, utf-16, latin-1 and cp1252 are "
            "common ones"
        ) from error


class LineFile:
    """A text file whose lines have places, so that they can be read again.

    Args:
        path: of the file; one that ends in .gz is unpacked.
        encoding: of the text, as Python names it.

    Raises:
        UserError: if there is no such encoding.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.path, self.given = path, encoding
        self.zipped = path.suffix == ".gz"
        check_encoding(encoding)
        # In UTF-16 and the like, a byte that looks like the end of a line need not be one.
        self.recoded = "\n".encode(encoding) != b"\n"

    @property
    def encoding(self) -> str:
        """The encoding of the lines as they are read here."""
        return "utf-8" if self.recoded else self.given

    def lines(self) -> Iterator[Line]:
        """Yield all lines.

        Raises:
            UserError: if the file cannot be read.
        """
        start, number = 0, 0
        with self._open() as file:
            while content := file.readline(MAX_BYTES + 1):
                size, piece = len(content), content
                if size > MAX_BYTES:
                    content = b""
                    while not piece.endswith(b"\n") and (piece := file.readline(_CHUNK)):
                        size += len(piece)
                number += 1
                yield Line(content, start, size, number)
                start += size

    def plain(self, work: Path) -> Path:
        """Return a file with the bytes of the lines: this one, or a copy in `work`."""
        if not (self.zipped or self.recoded):
            return self.path
        copy = work / "lines"
        if not copy.is_file():
            with replacing(copy) as temporary, temporary.open("wb") as target, self._open() as file:
                shutil.copyfileobj(file, target, _CHUNK)
        return copy

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        try:
            with self.path.open("rb") as plain:
                file = gzip.GzipFile(fileobj=plain) if self.zipped else plain
                yield _Recoded(file, self.given) if self.recoded else file  # pyright: ignore
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UserError(f"{self.path} is broken ({error}); fetch it again") from error
        except UnicodeError as error:
            raise UserError(
                f"{self.path} is not {self.given} ({getattr(error, 'reason', error)}); set "
                "dataset.encoding to the encoding it was written in"
            ) from error
        except PermissionError as error:
            raise UserError(f"{self.path} may not be read; change its permissions") from error


class _Recoded:
    """A binary file whose text is read as UTF-8."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self.text = io.TextIOWrapper(file, encoding, newline="\n")

    def readline(self, size: int) -> bytes:
        return self.text.readline(size).encode()

    def read(self, size: int) -> bytes:
        return self.text.read(size).encode()
