"""Letters and digits of faces as blocks of images, drawn when they are asked for."""

import os
from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np

from narrows.datasets.base import Block
from narrows.readers.font import Face
from narrows.readers.glyphs import CHARACTERS, pictures
from narrows.spec import Shape


class Glyphs:
    """The characters of some faces, one face after another, drawn when they are asked for.

    Args:
        faces: to draw.
        characters: of each.
        size: of the images.
    """

    def __init__(self, faces: Sequence[Face], characters: str, size: int) -> None:
        self.faces = faces
        self.characters = characters
        self.size = size
        self.shape: Shape = (len(faces) * len(characters), 1, size, size)
        self.dtype: np.dtype = np.dtype(np.uint8)
        self.sparse: bool = False

    def block(self, start: int, stop: int) -> Block:
        """Draw the images from `start` to before `stop`."""
        values = np.zeros((stop - start, *self.shape[1:]), np.uint8)
        problems: dict[int, str] = {}
        k = len(self.characters)
        columns = [CHARACTERS.index(character) for character in self.characters]
        for f in range(start // k, -(-stop // k)):
            face = self.faces[f]
            first, last = max(f * k, start), min((f + 1) * k, stop)
            try:
                drawn = pictures(face.path, face.number, self.size)[columns]
            except OSError as error:
                told = f"{shown(Path(face.path))} cannot be drawn any more ({error}); run again"
                problems |= dict.fromkeys(range(first - start, last - start), told)
            else:
                values[first - start : last - start, 0] = drawn[first - f * k : last - f * k]
        return Block(values, problems)


class Sheets:
    """Some faces, each with its characters in rows and columns, drawn when they are asked for.

    Args:
        faces: to draw.
        characters: of each.
        size: of a character.
    """

    def __init__(self, faces: Sequence[Face], characters: str, size: int) -> None:
        self.glyphs = Glyphs(faces, characters, size)
        rows, columns = sheet_shape(len(characters))
        self.shape: Shape = (len(faces), 1, rows * size, columns * size)
        self.dtype: np.dtype = np.dtype(np.uint8)
        self.sparse: bool = False

    def block(self, start: int, stop: int) -> Block:
        """Draw the faces from `start` to before `stop`."""
        k, size = len(self.glyphs.characters), self.glyphs.size
        rows, columns = sheet_shape(k)
        drawn = self.glyphs.block(start * k, stop * k)
        cells = np.zeros((stop - start, rows * columns, size, size), np.uint8)
        cells[:, :k] = np.asarray(drawn.values).reshape(-1, k, size, size)
        sheets = cells.reshape(-1, rows, columns, size, size).swapaxes(2, 3)
        problems = {row // k: told for row, told in drawn.problems.items()}
        return Block(sheets.reshape(stop - start, *self.shape[1:]), problems)


def sheet_shape(n: int) -> tuple[int, int]:
    """Return in how many rows and columns n characters stand, nearly a square."""
    columns = ceil(n**0.5)
    return ceil(n / columns), columns


def shown(path: Path) -> str:
    """Return a path as one line of text, whatever bytes its name has."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
