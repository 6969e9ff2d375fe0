"""The SGML files of Reuters-21578: some 1,000 news stories in each."""

import html
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from narrows.errors import UserError

_FILE = re.compile(r"reut2-0\d\d\.sgm")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_END = re.compile(r"\breuter\Z", re.IGNORECASE)
# The largest has 1.5 MB.
_MAX_BYTES = 16 << 20
_OPENS, _CLOSES = "<REUTERS", "</REUTERS>"


class Story(NamedTuple):
    """A news story.

    Attributes:
        split: its part in ModApte: train, test or unused.
        topics: its labels.
        text: title and body, one below the other.
    """

    split: str
    topics: tuple[str, ...]
    text: str


def read_sgml(path: Path) -> Iterator[Story]:
    """Yield the stories of all files reut2-….sgm in a folder or a .tar.gz archive, in order.

    Nothing is unpacked to the disk, so that names in an archive cannot lead anywhere.

    Raises:
        UserError: if a file is broken.
    """
    contents = _in_archive(path) if path.is_file() else _in_folder(path)
    for name, content in contents:
        yield from stories(content, f"{path}: {name}" if path.is_file() else str(path / name))


def _in_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(f for f in path.iterdir() if _FILE.fullmatch(f.name)):
        try:
            with file.open("rb") as opened:
                yield file.name, opened.read(_MAX_BYTES)
        except (PermissionError, IsADirectoryError) as error:
            raise UserError(f"{file} cannot be read ({error.strerror}); mend that") from error


def _in_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    found = dict[str, bytes]()
    try:
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                file = archive.extractfile(member) if member.isreg() else None
                if file is not None and _FILE.fullmatch(name):
                    found[name] = file.read(_MAX_BYTES)
    except PermissionError as error:
        raise UserError(f"{path} may not be read; change its permissions") from error
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, zlib.error) as error:
        raise UserError(f"{path} is broken ({_line(error)}); fetch it again") from error
    yield from sorted(found.items())


def _line(error: Exception) -> str:
    return " ".join(ascii(str(error)).split())[:100]


def stories(content: bytes, name: str) -> Iterator[Story]:
    """Yield the stories of one file.

    Args:
        content: of the file.
        name: of the file, for errors.

    Raises:
        UserError: if it is broken.
    """
    # Two letters beyond ASCII are in it, in Latin-1.
    *closed, rest = content.decode("latin-1").split(_CLOSES)
    if not closed or _OPENS in rest:
        raise UserError(f"{name} is cut off or no file of Reuters-21578; fetch it again")
    for number, text in enumerate(closed, 1):
        _, opens, story = text.partition(_OPENS)
        head, ends, inner = story.partition(">")
        if not opens or not ends or _OPENS in inner:
            raise UserError(f"{name} is broken at story {number}; fetch it again")
        yield _story(dict(_ATTRIBUTE.findall(head)), inner)


def _story(attributes: dict[str, str], inner: str) -> Story:
    split = attributes.get("LEWISSPLIT", "").lower()
    if attributes.get("TOPICS") != "YES" or split not in ("train", "test"):
        split = "unused"
    topics = _between(inner, "<TOPICS>", "</TOPICS>").replace("</D>", "").split("<D>")
    named = sorted({html.unescape(topic).strip() for topic in topics} - {""})
    return Story(split, tuple(named), _text(inner))


def _text(inner: str) -> str:
    """Return title and body; a story without these marks is all body."""
    text = inner.partition("<TEXT")[2].partition(">")[2].rpartition("</TEXT>")[0]
    title, body = _between(text, "<TITLE>", "</TITLE>"), _between(text, "<BODY>", "</BODY>")
    if "<BODY>" not in text:
        body = text
        for mark in ("TITLE", "AUTHOR", "DATELINE"):
            before, opens, after = body.partition(f"<{mark}>")
            if opens:
                body = before + after.partition(f"</{mark}>")[2]
    return f"{_clean(title)}\n{_END.sub('', _clean(body)).rstrip()}"


def _between(text: str, opens: str, closes: str) -> str:
    return text.partition(opens)[2].partition(closes)[0]


def _clean(text: str) -> str:
    return _CONTROL.sub("", html.unescape(text)).strip()
