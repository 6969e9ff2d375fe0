"""Glyphs: letters and digits drawn from the fonts of this machine or of a folder."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from PIL import features
from pydantic import NonNegativeInt

from narrows.datasets.base import Dataset, Part, Parts
from narrows.datasets.own import PARTS
from narrows.datasets.splits import one_hot
from narrows.errors import UserError
from narrows.parallel import cores
from narrows.readers.drawn_faces import Glyphs, Sheets, sheet_shape, shown
from narrows.readers.font import Face, Found, examine
from narrows.readers.glyphs import CHARACTERS
from narrows.readers.typefaces import most_regular, typefaces
from narrows.spec import Spec

FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "~/Library/Fonts",
)
SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
CHOICES = {
    "all": CHARACTERS,
    "letters": ascii_uppercase + ascii_lowercase,
    "capitals": ascii_uppercase,
    "small": ascii_lowercase,
    "digits": digits,
}
Share = Annotated[float, Gt(0), Lt(1)]


class Survey(NamedTuple):
    """What the fonts are.

    Attributes:
        faces: to draw, in order.
        typefaces: for each face the name that it shares with all its relatives.
        left_out: why each other font is not drawn, by file.
    """

    faces: list[Face]
    typefaces: list[str]
    left_out: dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Fonts(Dataset):
    """Each image has one of up to 62 labels, the letter or digit that it shows.

    With `example=typeface` each image is a whole face: its characters in rows and columns.

    A font is drawn if it has all of A-Z, a-z and 0-9, in one scale and on one baseline. Files are
    TrueType and OpenType, each face of a collection, and a variable font as it is by default.
    Pictures depend on the version of FreeType too, by a little: the card says which it was.

    Attributes:
        path: folder with the fonts; those that are installed unless given.
        characters: which of them to draw.
        example: what an image shows: one glyph, or all of a face, without labels.
        styles: of each family the face nearest to regular, or all.
        size: of a glyph, in pixels.
        val: share of the typefaces for validation, at least one.
        test: share of the typefaces for the test, at least one.
        split_seed: which ones.
        on_error: what to do with a file in `path` that cannot be read: stop, or leave it out. One
            that is installed is left out, and so is a font without all letters and digits.
        duplicates: report images that are in two parts, remove them from the earlier one, or
            ignore them: finding them takes time.
    """

    path: str | None = None
    characters: Literal["all", "letters", "capitals", "small", "digits"] = "all"
    example: Literal["glyph", "typeface"] = "glyph"
    styles: Literal["regular", "all"] = "regular"
    size: Annotated[int, Ge(16), Le(256)] = 32
    val: Share = 0.1
    test: Share = 0.2
    split_seed: NonNegativeInt = 0
    on_error: Literal["stop", "skip"] = "stop"
    duplicates: Literal["report", "remove", "ignore"] = "report"

    def spec(self) -> Spec:
        """Return the shape of a glyph and the characters as labels, or that of a sheet of them."""
        characters = CHOICES[self.characters]
        if self.example == "typeface":
            rows, columns = sheet_shape(len(characters))
            return Spec((1, rows * self.size, columns * self.size), (), "image")
        return Spec((1, self.size, self.size), tuple(characters), "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return (
            f"whole typefaces, with all relatives that share the first word of a family's name or "
            f"half of the pictures, random with seed {self.split_seed}: {self.val:g} of them for "
            f"validation, {self.test:g} for the test"
        )

    def sources(self) -> list[Path]:
        """Return the font files."""
        return self._files

    def load(self, work: Path) -> Parts:
        """Return the parts, whose images are drawn when they are asked for."""
        characters = CHOICES[self.characters]
        parts = {}
        for part, faces in self._divided.items():
            if self.example == "typeface":
                none = np.zeros((len(faces), 0), np.uint8)
                parts[part] = Part(Sheets(faces, characters, self.size), none)
                continue
            y = one_hot(np.tile(np.arange(len(characters)), len(faces)), len(characters))
            parts[part] = Part(Glyphs(faces, characters, self.size), y)
        return parts

    def facts(self) -> dict[str, Any]:
        """Return the families of each part, what was left out and why, and what drew them.

        Of typefaces also each example's name, in order.
        """
        names = {part: list(map(_named, faces)) for part, faces in self._divided.items()}
        return {
            **({"names": names} if self.example == "typeface" else {}),
            "families": {
                part: sorted({face.family for face in faces})
                for part, faces in self._divided.items()
            },
            "faces": {part: len(faces) for part, faces in self._divided.items()},
            "left_out": self._survey.left_out,
            "drawn_with": f"Pillow {features.version('pil')}, "
            f"FreeType {features.version('freetype2')}",
        }

    @cached_property
    def _files(self) -> list[Path]:
        if self.path is None:
            folders = [Path(folder).expanduser() for folder in FOLDERS]
            return sorted({file for folder in folders for file in _fonts_in(folder)})
        folder = Path(self.path).expanduser()
        if not folder.is_dir():
            raise UserError(f"dataset.path={self.path} is not a folder; name one with fonts")
        try:
            # Listed for the error alone: a walk passes over what it may not read.
            os.listdir(folder)  # noqa: PTH208
        except PermissionError as error:
            raise UserError(f"{self.path} cannot be read; give yourself permission") from error
        return _fonts_in(folder)

    @cached_property
    def _survey(self) -> Survey:
        found = examine(self._files, self.size, workers=cores())
        if self.path is not None and self.on_error == "stop":
            _stop_at_broken(found, self._files)
        left_out: dict[str, list[str]] = {}
        for file in self._files:
            broken = found[file].broken
            if told := [broken] if broken else found[file].unfit:
                left_out.setdefault(self._name(file), []).extend(told)
        faces = [face for file in self._files for face in found[file].faces]
        # Relatives are told by all faces, also by those that are not drawn.
        names = dict(zip(map(_key, faces), typefaces(faces), strict=True))
        faces = self._once(most_regular(faces) if self.styles == "regular" else faces, left_out)
        return Survey(faces, [names[_key(face)] for face in faces], left_out)

    def _once(self, faces: Sequence[Face], left_out: dict[str, list[str]]) -> list[Face]:
        """Return faces without those that look like an earlier one, noted in `left_out`."""
        seen: dict[bytes, Face] = {}
        for face in faces:
            first = seen.setdefault(face.pictures.tobytes(), face)
            if first is not face:
                told = (
                    f"has the pictures of {first.family} {first.style} in {self._name(first.path)}"
                )
                left_out.setdefault(self._name(face.path), []).append(told)
        return list(seen.values())

    def _name(self, file: Path | str) -> str:
        """Return a file's name for the card, which tells what is there, not where it lies."""
        for folder in FOLDERS if self.path is None else (self.path,):
            root = Path(folder).expanduser()
            if Path(file).is_relative_to(root):
                return shown(Path(file).relative_to(root))
        return shown(Path(file))

    @cached_property
    def _divided(self) -> dict[str, list[Face]]:
        """Return the faces of each part."""
        faces, names, left_out = self._survey
        # By a hash, so that most stay in their part when others are installed.
        order = sorted(
            set(names), key=lambda name: sha256(f"{self.split_seed} {name}".encode()).digest()
        )
        if len(order) < len(PARTS):
            raise UserError(self._too_few(len(order), left_out))
        val, test = (max(1, round(share * len(order))) for share in (self.val, self.test))
        if val + test >= len(order):
            raise UserError(
                f"dataset.val={self.val:g} and dataset.test={self.test:g} leave none of "
                f"{len(order)} typefaces to train on"
            )
        chosen = order[val + test :], order[:val], order[val : val + test]
        return {
            part: [face for face, name in zip(faces, names, strict=True) if name in some]
            for part, some in zip(PARTS, map(set, chosen), strict=True)
        }

    def _too_few(self, n: int, left_out: dict[str, list[str]]) -> str:
        place = "are installed" if self.path is None else f"are in {self.path}"
        remedy = (
            "install more, such as Debian's fonts-dejavu, fonts-liberation and fonts-lato, or name "
            "a folder with dataset.path="
            if self.path is None
            else "add some, or leave out dataset.path= for the installed ones"
        )
        file, (why, *_) = next(iter(left_out.items()), ("", [""]))
        such = f" ({len(left_out)} files left out: {file} {why})" if left_out else ""
        return f"{n} typefaces with all letters and digits {place}, fewer than 3{such}; {remedy}"


def _named(face: Face) -> str:
    """Return a face's name for people, 'Lato Bold'; a regular one's is its family's."""
    regular = face.style.lower() in ("", "regular", "normal", "book", "roman", "medium")
    return face.family if regular else f"{face.family} {face.style}"


def _fonts_in(folder: Path) -> list[Path]:
    """Return all font files at any depth, sorted; folders that are links are passed over."""
    files = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    fonts = [file for file in files if file.suffix.lower() in SUFFIXES]
    # Not a pipe, which would be waited for; a link to nowhere is told when it is read.
    return sorted(file for file in fonts if file.is_file() or not file.exists())


def _stop_at_broken(found: dict[Path, Found], files: Sequence[Path]) -> None:
    for file in files:
        if told := found[file].broken:
            raise UserError(f"{shown(file)} {told}; remove it, or set dataset.on_error=skip")


def _key(face: Face) -> tuple[str, int]:
    return face.path, face.number
