"""Documents that are a file each."""

from collections.abc import Iterable, Iterator, Sequence

from narrows.readers.folders import FileError, Folder
from narrows.readers.records import decoded
from narrows.text.texts import MAX_BYTES, TextError, Unreadable


class FileTexts:
    """Text files below a folder or in a .zip archive; picklable.

    Args:
        folder: that they lie in.
        names: of the files.
        encoding: of their text.
    """

    def __init__(self, folder: Folder, names: Sequence[str], encoding: str) -> None:
        self.folder, self.names, self.encoding = folder, names, encoding

    def __len__(self) -> int:
        return len(self.names)

    def read(self, rows: Iterable[int]) -> Iterator[str | Unreadable]:
        """Yield the texts of some files, in their order."""
        for row in rows:
            try:
                yield self._text(self.names[row])
            except (FileError, TextError) as error:
                yield Unreadable(f"{self.folder.path / self.names[row]} {error}")

    def _text(self, name: str) -> str:
        with self.folder.open(name) as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise TextError(f"has more than {MAX_BYTES >> 20} MiB")
        text = decoded(data, self.encoding)
        if "\0" in text:
            raise TextError("holds a zero byte, so it is no text")
        return text.removeprefix("\ufeff")
