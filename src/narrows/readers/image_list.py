"""Images named one by one: a single file, or a text file with a path on each line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from narrows.errors import UserError
from narrows.readers.images import Fit, ImageError, quiet, read_image


def read_list(path: Path) -> list[Path]:
    """Return the paths on the lines of a text file, which start where that file lies.

    Raises:
        UserError: if it is no text, or holds none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text in UTF-8; write one path of an image a line") from error
    found = [path.parent / Path(line.strip()).expanduser() for line in lines if line.strip()]
    if not found:
        raise UserError(f"{path} is empty; write one path of an image a line")
    return found


def read_image_files(
    paths: Sequence[Path], size: tuple[int, int], channels: int, fit: Fit
) -> np.ndarray:
    """Return images at one size, (n, channels, height, width) uint8.

    Raises:
        UserError: for the first that cannot be read.
    """
    values = np.zeros((len(paths), channels, *size), np.uint8)
    with quiet():
        for row, path in enumerate(paths):
            if not path.is_file():
                raise UserError(f"{path} is no file; name an image that is there")
            try:
                with path.open("rb") as file:
                    values[row] = read_image(file, size, channels, fit)
            except (ImageError, PermissionError) as error:
                told = "may not be read" if isinstance(error, OSError) else error
                raise UserError(f"{path} {told}; mend it, or leave it out") from error
    return values
