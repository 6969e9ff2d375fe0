"""MNIST and what took over its form: four IDX files, known by their checksums."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from pydantic import PositiveInt

from narrows.datasets.base import Part, Parts
from narrows.datasets.published import Published
from narrows.datasets.splits import one_hot, shuffled
from narrows.errors import UserError, nearest
from narrows.readers.download import fetch
from narrows.readers.idx import read_idx
from narrows.readers.npz import read_npz
from narrows.readers.places import downloads, find
from narrows.spec import Spec

STEMS = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


class Sums(NamedTuple):
    """The MD5 of an IDX file as it was published.

    Attributes:
        plain: of the uncompressed file; whatever form the data came in must match.
        zipped: of the file that is downloaded.
    """

    plain: str
    zipped: str


@dataclass(frozen=True, kw_only=True)
class IdxImages(Published):
    """70,000 grey images of 28 x 28 pixels, each with one of 10 labels.

    Attributes:
        val: number of training images kept for validation.
        only: a label: training and validation parts keep its images alone, so that all others are
            outliers among those of the test.
    """

    title: ClassVar[str]
    folder: ClassVar[str]
    """Its own folder, below the one that NARROWS_DATA names or in Debian's place."""
    at_top: ClassVar[bool]
    """Whether the IDX files may lie in the folder that NARROWS_DATA names itself."""
    url: ClassVar[str]
    sums: ClassVar[dict[str, Sums]]
    classes: ClassVar[tuple[str, ...]]

    val: PositiveInt = 5000
    only: str | int | None = None

    def spec(self) -> Spec:
        """Return the shape (1, 28, 28) and the ten labels."""
        return Spec((1, 28, 28), self.classes, "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        kept = "" if self.only is None else f"; of both those with the label {self.only} alone"
        return (
            f"the published test set; {self.val} training images for validation, "
            f"random with seed {self.split_seed}{kept}"
        )

    def load(self, work: Path) -> Parts:
        """Return the three parts."""
        # Told before anything is read or downloaded.
        column = None if self.only is None else self._column(str(self.only))
        arrays = self._read()
        if self.val >= len(arrays["x_train"]):
            raise UserError(f"dataset.val={self.val} leaves no image to train on")
        order = shuffled(len(arrays["x_train"]), self.split_seed)
        val, train = order[: self.val], order[self.val :]
        x, y = arrays["x_train"][:, None], one_hot(arrays["y_train"], 10)
        if column is not None:
            train, val = (rows[y[rows, column] == 1] for rows in (train, val))
        return {
            "train": Part(x[train], y[train]),
            "val": Part(x[val], y[val]),
            "test": Part(arrays["x_test"][:, None], one_hot(arrays["y_test"], 10)),
        }

    def _column(self, label: str) -> int:
        if label not in self.classes:
            raise UserError(
                f"dataset.only: there is no label {label!r}{nearest(label, self.classes)}"
            )
        return self.classes.index(label)

    def _read(self) -> dict[str, np.ndarray]:
        packed = find(self.folder, f"{self.folder.replace('-', '_')}.npz")
        arrays = {}
        if packed is not None:
            for name, array in read_npz(packed, list(STEMS)).items():
                arrays[name] = self._checked(name, array, packed)
        else:
            for name in STEMS:
                path = self._idx_file(name)
                arrays[name] = self._checked(name, read_idx(path), path)
        return arrays

    def _idx_file(self, name: str) -> Path:
        """Return where an IDX file is, having downloaded it if it is not here."""
        stem = STEMS[name]
        path = find(self.folder, stem, f"{stem}.gz", top=self.at_top)
        if path is None:
            path = downloads(self.folder) / f"{stem}.gz"
            fetch(f"{self.url}{stem}.gz", path, f"md5:{self.sums[name].zipped}")
        return path

    def _checked(self, name: str, array: np.ndarray, path: Path) -> np.ndarray:
        if array.dtype != np.uint8 or _md5(array) != self.sums[name].plain:
            raise UserError(
                f"{path}: {name} of {self.title} there is not the published one; remove it"
            )
        return array


def _md5(array: np.ndarray) -> str:
    """Return the MD5 of the array in IDX form."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return hashlib.md5(head + array.tobytes(), usedforsecurity=False).hexdigest()
