"""Images in the cells of Arrow files, as they were encoded, decoded when they are asked for."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

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
        raise UserError(
            f"{path} cannot be read ({reason}); delete its folder, to have it fetched again"
        ) from error


class _File(NamedTuple):
    """A file of a table.

    Attributes:
        path: of it.
        title: of the table.
        first: the place of its first row in the table.
    """

    path: Path
    title: str
    first: int


class EncodedImages:
    """Images in a column of Arrow files: bytes, or the path of a file that was fetched with them.

    Args:
        tables: the files that make a table, one below the other, by the table's name in messages.
        column: a struct of bytes and path.
        rows: the places of the images, counted over all tables.
        size: (height, width) to bring them to.
        channels: 1 or 3.
        fit: how their proportions are changed.
        folders: a path has to lie in one of these.
    """

    sparse = False
    dtype = np.dtype(np.uint8)

    fit: Fit

    def __init__(
        self,
        tables: Mapping[str, Sequence[Path]],
        column: str,
        rows: np.ndarray,
        size: tuple[int, int],
        channels: int,
        fit: Fit,
        folders: Sequence[Path],
    ) -> None:
        self.column, self.rows, self.size = column, rows, size
        self.channels, self.fit, self.folders = channels, fit, folders
        self.shape = (len(rows), channels, *size)
        self._files, starts, start = list[_File](), list[int](), 0
        for title, paths in tables.items():
            top = start
            for path in paths:
                self._files.append(_File(path, title, start - top))
                starts.append(start)
                start += read_table(path).num_rows
        self._starts = np.array(starts)

    def block(self, start: int, stop: int) -> Block:
        """Decode the images from `start` to before `stop`."""
        rows = self.rows[start:stop]
        # The last of those that start there: an empty file has no row.
        found = np.searchsorted(self._starts, rows, side="right") - 1
        values, problems = np.zeros((len(rows), *self.shape[1:]), np.uint8), dict[int, str]()
        for number in np.unique(found):
            some = np.flatnonzero(found == number)
            places = rows[some] - self._starts[number]
            with quiet():
                self._read(self._files[number], places, some, values, problems)
        return Block(values, dict(sorted(problems.items())))

    def _read(
        self,
        file: _File,
        places: np.ndarray,
        some: np.ndarray,
        values: np.ndarray,
        problems: dict[int, str],
    ) -> None:
        """Decode rows of a file, which is unmapped afterwards: mapped pages count as memory.

        Args:
            file: to read.
            places: (m,) of the rows in the file.
            some: (m,) where the images go.
            values: to write them to.
            problems: to note those that cannot be read in.
        """
        chunks = read_table(file.path).column(self.column).chunks
        starts = np.cumsum([0, *map(len, chunks)])
        for place, i in zip(places.tolist(), some.tolist(), strict=True):
            number = int(np.searchsorted(starts, place, side="right")) - 1
            try:
                with self._open(chunks[number][place - int(starts[number])]) as image:
                    values[i] = read_image(image, self.size, self.channels, self.fit)
            except ImageError as error:
                problems[i] = f"{file.title}: the image in row {file.first + place + 1} {error}"

    def _open(self, cell: pa.StructScalar) -> BinaryIO:
        """Return an image as a file."""
        if not cell.is_valid:
            raise ImageError("is missing")
        if cell["bytes"].is_valid:
            return io.BytesIO(cell["bytes"].as_buffer())
        return self._fetched(cell["path"].as_py())

    def _fetched(self, name: str | None) -> BinaryIO:
        """Open a file beside the table: a data set may not name what else is on this machine."""
        if not name:
            raise ImageError("is missing")
        path = Path(name).resolve()
        if not any(folder in path.parents for folder in self.folders):
            raise ImageError(f"is to be in {name}, which was not fetched with the data set")
        try:
            return path.open("rb")
        except OSError as error:
            raise ImageError(f"is in {path}, which cannot be opened ({error.strerror})") from error
