"""Images in the cells of Arrow files, as they were encoded, decoded when they are asked for."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from narrows.datasets.base import Block
from narrows.errors import UserError
from narrows.readers.images import Fit, ImageError, quiet, read_image


def read_table(path: Path) -> pa.Table:
    """Return a table that is mapped into memory: what is not looked at is not read.

    Raises:
        UserError: if it cannot be read.
    """
    try:
        with pa.memory_map(str(path)) as file:
            return pa.ipc.open_stream(file).read_all()
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path} cannot be read ({reason}); delete its folder") from error


class EncodedImages:
    """Images in a column of Arrow files: bytes, or the path of a file that was fetched with them.

    Args:
        files: with the column, one below the other.
        column: a struct of bytes and path.
        rows: the places of the images in all files together.
        size: (height, width) to bring them to.
        channels: 1 or 3.
        fit: how their proportions are changed.
        folders: a path has to lie in one of these.
        source: where they are from, for messages.
    """

    sparse = False
    dtype = np.dtype(np.uint8)

    fit: Fit

    def __init__(
        self,
        files: Sequence[Path],
        column: str,
        rows: np.ndarray,
        size: tuple[int, int],
        channels: int,
        fit: Fit,
        folders: Sequence[Path],
        source: str,
    ) -> None:
        self.files, self.column, self.rows, self.source = tuple(files), column, rows, source
        self.size, self.channels, self.fit, self.folders = size, channels, fit, tuple(folders)
        self.shape = (len(rows), channels, *size)
        self._chunks: list[pa.StructArray] = []
        self._ends = np.zeros(0, np.int64)

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs: it maps the files itself."""
        return {**self.__dict__, "_chunks": [], "_ends": np.zeros(0, np.int64)}

    def block(self, start: int, stop: int) -> Block:
        """Decode the images from `start` to before `stop`."""
        if not self._chunks:
            self._map()
        rows = self.rows[start:stop]
        values = np.zeros((len(rows), *self.shape[1:]), np.uint8)
        problems = {}
        with quiet():
            for i, row in enumerate(rows):
                try:
                    with self._open(int(row)) as file:
                        values[i] = read_image(file, self.size, self.channels, self.fit)
                except ImageError as error:
                    problems[i] = (
                        f"{self.source}: the image in row {row + 1} {error}; leave out what cannot "
                        "be read with dataset.on_error=skip"
                    )
        return Block(values, problems)

    def _map(self) -> None:
        tables = (read_table(path) for path in self.files)
        chunks = [chunk for table in tables for chunk in table.column(self.column).chunks]
        self._ends = np.cumsum([len(chunk) for chunk in chunks])
        self._chunks = chunks

    def _open(self, row: int) -> BinaryIO:
        """Return an image as a file."""
        number = int(np.searchsorted(self._ends, row, side="right"))
        chunk = self._chunks[number]
        place = row - int(self._ends[number]) + len(chunk)
        cell = chunk[place]
        if not cell.is_valid:
            raise ImageError("is missing")
        if cell["bytes"].is_valid:
            return io.BytesIO(cell["bytes"].as_buffer())
        return self._fetched(cell["path"].as_py())

    def _fetched(self, name: str | None) -> BinaryIO:
        """Open a file beside the table: a data set may not name what else is on this machine."""
        path = Path(name or "").resolve()
        if name is None or not any(folder in path.parents for folder in self.folders):
            raise ImageError(f"has no bytes, and its path {name!r} is not among what was fetched")
        try:
            return path.open("rb")
        except OSError as error:
            raise ImageError(f"is in {path}, which cannot be opened ({error.strerror})") from error
