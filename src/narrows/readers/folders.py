"""Files of a folder or of a .zip archive, by name, with care for what leads out of it."""

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from narrows.errors import UserError

MAX_FILE_BYTES = 1 << 28


class FileError(Exception):
    """A file cannot be opened: its text says why, without naming the file."""


class Folder:
    """The files below a folder, or in a .zip archive; picklable.

    Args:
        path: of the folder or the archive.
        most: bytes that a file in an archive may have: it is unpacked in memory.

    Raises:
        UserError: if the archive is broken, or a name in it leads out of it.
    """

    def __init__(self, path: Path, most: int = MAX_FILE_BYTES) -> None:
        self.path, self.most = path, most
        self._archive: zipfile.ZipFile | None = None
        # Asked once: files are opened by the million.
        self._is_archive = path.is_file()
        if self._is_archive:
            if path.suffix.lower() != ".zip":
                raise UserError(f"{path} is neither a folder nor a .zip archive; name one of these")
            self._open_archive()

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_archive": None}

    def _open_archive(self) -> zipfile.ZipFile:
        if self._archive is None:
            try:
                self._archive = zipfile.ZipFile(self.path)
            except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OverflowError) as error:
                raise UserError(
                    f"{self.path} is no .zip archive, or cut off ({error}); fetch it again"
                ) from error
            except PermissionError as error:
                raise UserError(f"{self.path} may not be read; change its permissions") from error
        return self._archive

    def names(self) -> list[str]:
        """Return the names of all files, sorted, with / between folders; hidden ones left out.

        Raises:
            UserError: if a folder may not be read, or a name leads out of the archive.
        """
        found = self._zipped() if self._is_archive else _walk(self.path, "")
        return sorted(name for name in found if not _hidden(name))

    def folders(self) -> list[str]:
        """Return the names of the folders at the top."""
        if self._is_archive:
            return sorted({name.split("/")[0] for name in self._zipped() if "/" in name})
        with os.scandir(self.path) as found:
            return sorted(e.name for e in found if e.is_dir() and not _hidden(e.name))

    def _zipped(self) -> Iterable[str]:
        for entry in self._open_archive().infolist():
            parts = PurePosixPath(entry.filename.replace("\\", "/"))
            if parts.is_absolute() or ".." in parts.parts:
                raise UserError(
                    f"{self.path} holds the name {entry.filename!r}, which leads out of it; "
                    "do not use this archive"
                )
            if not entry.is_dir():
                yield entry.filename

    def open(self, name: str) -> BinaryIO:
        """Open a file.

        Raises:
            FileError: if it may not be read, is a link that leads out, or too large.
        """
        return self._open_member(name) if self._is_archive else self._open_file(name)

    def _open_member(self, name: str) -> BinaryIO:
        archive = self._open_archive()
        entry = archive.getinfo(name)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise FileError("is a link; put the file itself there")
        if entry.file_size > self.most:
            raise FileError(f"claims {entry.file_size:,} bytes, more than {self.most:,}")
        try:
            return io.BytesIO(archive.read(entry))
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError) as error:
            raise FileError(f"is broken ({error}); fetch the archive again") from error
        except RuntimeError as error:
            # It is encrypted, or compressed in a way that Python does not know.
            raise FileError(f"cannot be unpacked ({error}); unpack the archive first") from error

    def _open_file(self, name: str) -> BinaryIO:
        path = os.path.join(self.path, name)  # noqa: PTH118
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                # A link may lead to the folder itself or into it, but not out of it.
                if not _is_below(path, self.path):
                    raise FileError(
                        "is a link that leads out of the folder; put the file itself there"
                    )
                mode = os.stat(path).st_mode  # noqa: PTH116
            # A pipe would be waited for.
            if not stat.S_ISREG(mode):
                raise FileError("is no file")
            return open(path, "rb")  # noqa: PTH123
        except PermissionError as error:
            raise FileError("may not be read; change its permissions") from error
        except OSError as error:
            raise FileError(f"cannot be opened ({error.strerror})") from error


def _is_below(path: str, folder: Path) -> bool:
    inner, outer = os.path.realpath(path), os.path.realpath(folder)
    return os.path.commonpath([inner, outer]) == outer


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _walk(folder: Path | str, below: str) -> Iterator[str]:
    """Yield the names of all files below a folder.

    Raises:
        UserError: for a folder that may not be read, or a link to one: it would not be followed.
    """
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except PermissionError as error:
        raise UserError(f"{folder} may not be read; change its permissions") from error
    for entry in entries:
        name = f"{below}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{name}/")
        elif entry.is_dir() and not _hidden(entry.name):
            raise UserError(f"{entry.path} is a link to a folder; put the folder itself there")
        else:
            yield name
