"""Images as they are: every pixel, at the size that they have."""

import re
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from PIL import Image

from narrows.errors import UserError
from narrows.readers.folders import FileError, Folder
from narrows.readers.images import FORMATS, MAX_PIXELS, ImageError, quiet


def read_pixels(file: BinaryIO, channels: int) -> np.ndarray:
    """Return an image's pixels, (channels, height, width) uint8; call it within `quiet`.

    Args:
        file: of any of the formats.
        channels: 1 for grey, 3 for RGB.

    Raises:
        ImageError: if it is broken, no image, or too large.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(f"claims {image.width} x {image.height} pixels")
            values = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    except ImageError:
        raise
    # Pillow's decoders raise nearly everything for what is not an image.
    except Exception as error:
        told = "" if isinstance(error, Image.UnidentifiedImageError) else str(error)
        raise ImageError(f"is no image, or broken ({' '.join(told.split())[:200]})") from error
    return values[None] if channels == 1 else values.transpose(2, 0, 1)


def matching(folder: Folder, pattern: str) -> dict[str, re.Match[str]]:
    """Return the files of a folder whose names match, in order of their names."""
    found = ((name, re.search(pattern, name, re.IGNORECASE)) for name in folder.names())
    return {name: match for name, match in found if match}


def read_files(folder: Folder, names: Iterable[str], channels: int) -> list[np.ndarray]:
    """Return the pixels of images in a folder or an archive.

    Raises:
        UserError: if one cannot be read.
    """
    pictures = []
    for name in names:
        try:
            with quiet(), folder.open(name) as file:
                pictures.append(read_pixels(file, channels))
        except (FileError, ImageError) as error:
            raise UserError(f"{folder.path / name} {error}; fetch it again") from error
    return pictures
