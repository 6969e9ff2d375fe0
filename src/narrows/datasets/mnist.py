"""MNIST (LeCun, Cortes and Burges 1998): 70,000 handwritten digits of 28 x 28 pixels."""

import gzip
import hashlib
import os
import urllib.request
import zipfile
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from narrows.datasets.base import Part, Parts
from narrows.datasets.splits import one_hot, shuffled
from narrows.errors import UserError
from narrows.files import replacing
from narrows.spec import Spec

CLASSES = tuple(map(str, range(10)))
DATA_VARIABLE = "NARROWS_DATA"
_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
# MD5 of the uncompressed IDX files, as published; whatever form the data came in must match.
_IDX = {
    "x_train": ("train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"),
    "y_train": ("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"),
    "x_test": ("t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"),
    "y_test": ("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"),
}


@dataclass(frozen=True)
class Mnist:
    """Each image has one of 10 labels, the digit that it shows.

    Looked for in the folder that NARROWS_DATA names, as mnist.npz or as the four IDX files, with
    or without .gz; else downloaded. Its checksum is verified in each case.

    Attributes:
        val: number of training images kept for validation.
        split_seed: which ones.
    """

    val: PositiveInt = 5000
    split_seed: NonNegativeInt = 0

    def spec(self) -> Spec:
        """Return the shape (1, 28, 28) and the ten digits as labels."""
        return Spec((1, 28, 28), CLASSES, "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return (
            f"the published test set; {self.val} training images for validation, "
            f"random with seed {self.split_seed}"
        )

    def load(self) -> Parts:
        """Return the three parts."""
        arrays = _read(Path(os.environ.get(DATA_VARIABLE) or "data/downloads/mnist"))
        if self.val >= len(arrays["x_train"]):
            raise UserError(f"dataset.val={self.val} leaves no image to train on")
        order = shuffled(len(arrays["x_train"]), self.split_seed)
        val, train = order[: self.val], order[self.val :]
        x, y = arrays["x_train"][:, None], one_hot(arrays["y_train"], 10)
        return {
            "train": Part(x[train], y[train]),
            "val": Part(x[val], y[val]),
            "test": Part(arrays["x_test"][:, None], one_hot(arrays["y_test"], 10)),
        }


def _read(folder: Path) -> dict[str, np.ndarray]:
    packed = folder / "mnist.npz"
    if packed.is_file():
        try:
            # Opened here, since numpy leaves a file open that it cannot read.
            with packed.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in _IDX}
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError) as error:
            raise UserError(f"{packed} is broken ({error}); remove it and run again") from error
    else:
        arrays = {name: _read_idx(folder, name) for name in _IDX}
    for name, array in arrays.items():
        if _idx_md5(array) != _IDX[name][1]:
            raise UserError(f"{name} of MNIST in {folder} is not the published one; remove it")
    return arrays


def _idx_md5(array: np.ndarray) -> str:
    """Return the MD5 of the array in IDX form."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return hashlib.md5(head + array.tobytes(), usedforsecurity=False).hexdigest()


def _read_idx(folder: Path, name: str) -> np.ndarray:
    stem = _IDX[name][0]
    plain, zipped = folder / stem, folder / f"{stem}.gz"
    if not plain.is_file() and not zipped.is_file():
        zipped = Path("data/downloads/mnist") / f"{stem}.gz"
        if not zipped.is_file():
            _download(f"{_URL}{stem}.gz", zipped, _IDX[name][1])
    try:
        raw = plain.read_bytes() if plain.is_file() else gzip.decompress(zipped.read_bytes())
        axes = raw[3]
        shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes)]
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)
    except (gzip.BadGzipFile, zlib.error, EOFError, ValueError, IndexError) as error:
        broken = plain if plain.is_file() else zipped
        raise UserError(f"{broken} is broken ({error}); remove it and run again") from error


def _download(url: str, path: Path, md5: str) -> None:
    """Fetch a file and keep it only if its content is the published one."""
    print(f"downloading {url}", flush=True)  # noqa: T201
    try:
        with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310
            content = response.read(64 << 20)
        if hashlib.md5(gzip.decompress(content), usedforsecurity=False).hexdigest() != md5:
            raise UserError(f"{url} did not give the published file; try again")
    except (OSError, EOFError, zlib.error, HTTPException) as error:
        raise UserError(
            f"MNIST is not here and {url} cannot be reached ({error}); put mnist.npz or the IDX "
            f"files into a folder and set {DATA_VARIABLE} to it"
        ) from error
    with replacing(path) as temporary:
        temporary.write_bytes(content)
