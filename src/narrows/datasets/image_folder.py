"""Images of one's own, in a folder or a .zip archive, with labels or without."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os.path import splitext
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Len
from pydantic import PositiveInt

from narrows.datasets.base import Block, Part, Parts
from narrows.datasets.label_file import LabelFile
from narrows.datasets.labels import Labels, from_classes
from narrows.datasets.own import OwnData
from narrows.errors import UserError
from narrows.part_names import class_of, parts_of
from narrows.readers.folders import FileError, Folder
from narrows.readers.images import SUFFIXES, Fit, ImageError, quiet, read_image
from narrows.spec import Spec


class ImageFiles:
    """Images that are decoded when they are asked for.

    Args:
        folder: that they lie in.
        names: of the files.
        size: (height, width) to bring them to.
        channels: 1 or 3.
        fit: how their proportions are changed.
    """

    sparse = False
    dtype = np.dtype(np.uint8)

    fit: Fit

    def __init__(
        self, folder: Folder, names: Sequence[str], size: tuple[int, int], channels: int, fit: Fit
    ) -> None:
        self.folder, self.names, self.size = folder, names, size
        self.channels, self.fit = channels, fit
        self.shape = (len(names), channels, *size)

    def block(self, start: int, stop: int) -> Block:
        """Decode the images from `start` to before `stop`."""
        names = self.names[start:stop]
        values = np.zeros((len(names), *self.shape[1:]), np.uint8)
        problems = {}
        with quiet():
            for row, name in enumerate(names):
                try:
                    with self.folder.open(name) as file:
                        values[row] = read_image(file, self.size, self.channels, self.fit)
                except (FileError, ImageError) as error:
                    problems[row] = f"{self.folder.path / name} {error}"
        return Block(values, problems)


@dataclass(frozen=True, kw_only=True)
class ImageFolder(OwnData):
    """Images of any size and mode, brought to one size; EXIF orientation is followed.

    Folders named train, val, test or unlabelled at the top are parts. Below them, or at the top,
    a folder's name is the label of all images in it. A label file says more: see `labels`.
    Images without a label are for pretraining.

    Attributes:
        size: of the images in pixels: a side of a square, or [height, width].
        channels: 1 for grey, 3 for colour.
        fit: cut the longer side off (crop), add black borders (pad), change proportions (stretch).
        labels: null for names of subfolders, or a CSV or Parquet file with a row for each image.
        file_column: the column of that file with the image's name, below the folder.
        label_columns: its columns of 0 and 1, one for each label, by name or pattern; or one
            column with a class or, with label_separator, a list of labels.
        label_separator: between the labels of such a list.
        separator: between values, if it is a CSV file.
        encoding: of its text.
    """

    size: PositiveInt | Annotated[list[PositiveInt], Len(2, 2)] = 64
    channels: Literal[1, 3] = 3
    fit: Fit = "crop"
    labels: str | None = None
    file_column: str = "file"
    label_columns: str | list[str] = "*"
    label_separator: str | None = None
    separator: str = ","
    encoding: str = "utf-8"

    @property
    def _size(self) -> tuple[int, int]:
        height, width = [self.size] * 2 if isinstance(self.size, int) else self.size
        return height, width

    def spec(self) -> Spec:
        """Return the shape (channels, height, width) and the labels that are there."""
        return Spec((self.channels, *self._size), self._found.labels.names, "image")

    @cached_property
    def _found(self) -> "_Found":
        return _find(self)

    def load(self, work: Path) -> Parts:
        """Return the three parts, to be decoded block by block."""
        found, parts = self._found, {}
        for part, division in self.divide(found.labels, found.given).items():
            names = [found.names[row] for row in division.rows]
            x = ImageFiles(Folder(self.source), names, self._size, self.channels, self.fit)
            parts[part] = Part(x, found.labels.y[division.rows], division.labelled)
        return parts

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        if self._found.given is None:
            return super().split_rule
        return (
            "as the folders train, val and test say; what is missing of these is split off train: "
            + super().split_rule
        )

    def sources(self) -> list[Path]:
        """Return the folder and the label file."""
        return [self.source, *([self.label_file.path] if self.labels else [])]

    @property
    def label_file(self) -> LabelFile:
        """Return the label file, which is where `labels` says, or there below the folder."""
        path = Path(self.labels or "").expanduser()
        below = self.source / path
        return LabelFile(
            below if not path.is_file() and below.is_file() else path,
            self.file_column,
            self.label_columns,
            self.label_separator,
            self.separator,
            self.encoding,
            self.on_error,
        )

    def facts(self) -> dict[str, Any]:
        """Return which files were no images and what else was left out."""
        return {"files_without_image": self._found.others, "left_out": self._found.left_out}


@dataclass(frozen=True)
class _Found:
    """What lies in the folder.

    Attributes:
        names: of the images.
        labels: of the images.
        given: the part of each image, or None if folders do not say.
        others: number of files that are no images by their name.
        left_out: what was left out, a line for each.
    """

    names: list[str]
    labels: Labels
    given: list[str] | None
    others: int
    left_out: list[str]


def _find(data: ImageFolder) -> _Found:
    folder = Folder(data.source)
    everything = folder.names()
    names = [name for name in everything if splitext(name)[1].lower() in SUFFIXES]  # noqa: PTH122
    if not names:
        raise UserError(
            f"dataset.path={data.path} holds no image; those that end in "
            f"{', '.join(sorted(SUFFIXES))} count"
        )
    given = parts_of(names)
    left_out = list[str]()
    if data.labels is not None:
        labels, left_out = data.label_file.read(names)
    else:
        labels = from_classes([class_of(name, given is not None) for name in names])
        left_out = _empty_classes(data, folder, labels) if given is None else []
    return _Found(names, labels, given, len(everything) - len(names), left_out)


def _empty_classes(data: ImageFolder, folder: Folder, labels: Labels) -> list[str]:
    """Return what is wrong with folders that could be classes but hold no image."""
    empty = [name for name in folder.folders() if name not in labels.names]
    told = [f"{data.source / name} holds no image: no label was made of it" for name in empty]
    if told and data.on_error == "stop":
        raise UserError(
            f"{data.source / empty[0]} holds no image, so that there is nothing of class "
            f"{empty[0]!r}; fill or remove it, or go on without it with dataset.on_error=skip"
        )
    return told
