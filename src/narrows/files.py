"""Files that are whole or not there: written under a temporary name and moved into place."""

import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from narrows.errors import UserError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; move it there once the block has ended well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target: a move between file systems would not be atomic.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        # A failed write, such as on a full disk, does not say of which file.
        if error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def check_free(out: Path, overwrite: bool) -> None:
    """Refuse to replace a file that was not asked to be replaced.

    Args:
        out: where --out says that a file goes.
        overwrite: replace one that is there.

    Raises:
        UserError: if it is there.
    """
    if out.is_dir():
        raise UserError(f"--out={out} is a folder; name a file")
    if out.exists() and not overwrite:
        raise UserError(f"{out} is there already; --overwrite replaces it")


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have an OSError from the block name the file: a full disk does not say of which it is."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with replacing(path) as temporary:
        # A file's name may hold bytes that are no text.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_csv(path: Path, lines: Iterable[Iterable[object]]) -> None:
    """Write lines of values, headings first, as CSV; an iterator's are not kept in memory."""
    with (
        replacing(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
    ):
        csv.writer(file, lineterminator="\n").writerows(lines)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, keys in the given order."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_compact(path: Path, value: dict[str, Any]) -> None:
    """Write a dict as JSON, each part of its lists on one line: for many numbers."""
    lines = []
    for key, part in value.items():
        many = part and isinstance(part, list)
        shown = ",\n".join(f"  {_dumped(p)}" for p in part) if many else _dumped(part)
        lines.append(f"{_dumped(key)}: " + (f"[\n{shown}\n]" if many else shown))
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_yaml(path: Path, value: Any) -> None:
    """Write `value` as YAML, keys in the given order."""
    write_text(path, yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def read_yaml(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make the file under a temporary name, then move it to `path`."""
    with replacing(path) as temporary:
        write(temporary)
