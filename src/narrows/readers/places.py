"""Where published data sets are looked for."""

import os
from pathlib import Path

from narrows.errors import UserError

DATA_VARIABLE = "NARROWS_DATA"
# Debian's packages of data sets, and what is installed beside them by hand.
SYSTEM = ("/usr/share/datasets", "/usr/local/share/datasets")


def downloads(name: str) -> Path:
    """Return the folder for what is downloaded for a data set."""
    return Path("data/downloads", name)


def folders(name: str, top: bool = True) -> list[Path]:
    """Return where files of a data set may lie, the first place first.

    That is the folder in NARROWS_DATA, its subfolder `name`, what was downloaded, and what the
    system has.

    Args:
        name: of the data set's own folder.
        top: whether files may lie in NARROWS_DATA itself; not if another set's have the same names.
    """
    own = os.environ.get(DATA_VARIABLE)
    given = [Path(own).expanduser()] if own else []
    return [
        *(given if top else []),
        *(folder / name for folder in given),
        downloads(name),
        *(Path(folder, name) for folder in SYSTEM),
    ]


def find(name: str, *files: str, top: bool = True) -> Path | None:
    """Return the first of these files or folders that is in one of the folders, or None.

    Args:
        name: of the data set's own folder.
        files: their names, the preferred first; a folder is searched for all of them before the
            next one.
        top: as for `folders`.

    Raises:
        UserError: if a folder may not be read.
    """
    candidates = (folder / file for folder in folders(name, top) for file in files)
    try:
        return next((path for path in candidates if path.exists()), None)
    except PermissionError as error:
        raise UserError(f"{error.filename} may not be read; change its permissions") from error


def require(title: str, name: str, *files: str, remedy: str) -> Path:
    """Return the first of these files or folders that is there.

    Args:
        title: of the data set, for the message.
        name: of the data set's own folder.
        files: as for `find`.
        remedy: what to put into the folder in NARROWS_DATA.

    Raises:
        UserError: if none is.
    """
    path = find(name, *files)
    if path is None:
        own = os.environ.get(DATA_VARIABLE)
        where = f"into {own}" if own else f"into a folder and set {DATA_VARIABLE} to it"
        raise UserError(f"{title} is not here; put {remedy} {where}")
    return path
