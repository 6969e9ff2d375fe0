"""CIFAR-10 (Krizhevsky 2009): 60,000 colour photographs of 32 x 32 pixels."""

import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import PositiveInt

from narrows.datasets.base import Parts, Rows
from narrows.datasets.image_folder import ImageFiles
from narrows.datasets.published import Published, parts_of, split, watched
from narrows.datasets.splits import one_hot
from narrows.errors import UserError
from narrows.readers.download import fetch
from narrows.readers.folders import Folder
from narrows.readers.npz import read_npz
from narrows.readers.packed_images import PackedImages, read_packed
from narrows.readers.pixels import matching
from narrows.readers.places import downloads, find
from narrows.spec import Spec

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
SHAPE = (3, 32, 32)
PACKED = "cifar10_jpeg.npz"
BINARY = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
_URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
_SUM = "md5:c32a1d4ab5d03f1284b67883e8d87530"
_COUNTS = {"train": 50_000, "test": 10_000}
_BATCHES = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}
_RECORDS = 10_000
_RECORD_BYTES = 1 + 3 * 32 * 32


class _Images(NamedTuple):
    """The images of one of the published sets: how to get some, and the class of each."""

    take: Callable[[np.ndarray], np.ndarray | Rows]
    classes: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Cifar10(Published):
    """Each image has one of 10 labels, what it shows.

    Looked for in the folder that NARROWS_DATA names: the binary version (the folder
    cifar-10-batches-bin, or cifar-10-binary.tar.gz as it is), cifar10_jpeg.npz, or a folder
    cifar10 with images as train/CLASS/*.png and test/CLASS/*.png. Else the binary version is
    downloaded. The version for Python is a pickle, which can run any code, and is not read.

    Attributes:
        val: number of training images kept for validation.
        on_error: what to do with an image that cannot be decoded: stop, or leave it out.
    """

    val: PositiveInt = 5000
    on_error: Literal["stop", "skip"] = "stop"

    def spec(self) -> Spec:
        """Return the shape (3, 32, 32) and the ten labels."""
        return Spec(SHAPE, CLASSES, "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return (
            f"the published test set; {self.val} training images for validation, "
            f"random with seed {self.split_seed}, stratified over labels"
        )

    def sources(self) -> list[Path]:
        """Return the file or folder, unless it is to be downloaded."""
        return watched(self._place)

    def facts(self) -> dict[str, Any]:
        """Return which of the forms was read: one has JPEG copies, not the original pixels."""
        name = ARCHIVE if self._place is None else self._place.name
        return {"form": f"{name}: JPEG copies" if name == PACKED else name}

    @cached_property
    def _place(self) -> Path | None:
        """Return where it is; what has the original pixels comes first."""
        path = find("cifar10", BINARY, ARCHIVE, PACKED)
        if path is None:
            train = find("cifar10", "train", top=False)
            path = train.parent if train else None
        return path

    def load(self, work: Path) -> Parts:
        """Return the three parts; images are decoded block by block."""
        path = self._place
        if path is None:
            path = downloads("cifar10") / ARCHIVE
            fetch(_URL, path, _SUM)
        images = _read(path)
        train, test = images["train"], images["test"]
        n = len(train.classes)
        if self.val >= n:
            raise UserError(f"dataset.val={self.val} leaves no image to train on")
        y = one_hot(train.classes, len(CLASSES))
        chosen = split(y, self.val / n, 0, self.split_seed)
        return {
            **parts_of(train.take, y, chosen),
            **parts_of(
                test.take,
                one_hot(test.classes, len(CLASSES)),
                {"test": np.arange(len(test.classes))},
            ),
        }


def _read(path: Path) -> dict[str, _Images]:
    if path.name == PACKED:
        images = _packed(path)
    elif path.name == ARCHIVE:
        images = _binary(path, _from_archive(path))
    elif path.name == BINARY:
        images = _binary(path, _from_folder(path))
    else:
        images = _files(path)
    for part, n in _COUNTS.items():
        if len(images[part].classes) != n:
            raise UserError(
                f"{path} has {len(images[part].classes):,} images for {part}, not {n:,}; "
                "fetch it again"
            )
    return images


def _packed(path: Path) -> dict[str, _Images]:
    labels = read_npz(path, [f"y_{part}" for part in _COUNTS])
    images = {}
    for part in _COUNTS:
        packed = PackedImages(*read_packed(path, part, "jpeg"), SHAPE, str(path))
        y = labels[f"y_{part}"]
        if y.shape != packed.shape[:1]:
            raise UserError(f"{path} has {len(y)} labels for {packed.shape[0]} images; remove it")
        images[part] = _Images(packed.take, _checked(path, y))
    return images


def _checked(path: Path, classes: np.ndarray) -> np.ndarray:
    if classes.dtype.kind not in "iu" or not np.isin(classes, range(len(CLASSES))).all():
        raise UserError(f"{path} has classes that are none of 0 to 9; fetch it again")
    return classes


def _files(path: Path) -> dict[str, _Images]:
    folder = Folder(path)
    pattern = rf"^(train|test)/({'|'.join(CLASSES)})/[^/]+\.(?:png|jpe?g)$"
    names = matching(folder, pattern)
    images = {}
    for part in _COUNTS:
        here = {name: match for name, match in names.items() if match[1].lower() == part}
        classes = [CLASSES.index(match[2].lower()) for match in here.values()]
        images[part] = _Images(_taker(folder, list(here)), np.array(classes, np.uint8))
    return images


def _taker(folder: Folder, names: list[str]) -> Callable[[np.ndarray], ImageFiles]:
    def take(rows: np.ndarray) -> ImageFiles:
        return ImageFiles(folder, [names[row] for row in rows], SHAPE[1:], SHAPE[0], "stretch")

    return take


def _binary(path: Path, batches: dict[str, bytes]) -> dict[str, _Images]:
    images = {}
    for part, names in _BATCHES.items():
        for name in names:
            if len(batches.get(name, b"")) != _RECORDS * _RECORD_BYTES:
                raise UserError(
                    f"{path}: {name} has {len(batches.get(name, b'')):,} bytes, not "
                    f"{_RECORDS * _RECORD_BYTES:,}; fetch it again"
                )
        content = b"".join(batches.pop(name) for name in names)
        records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD_BYTES)
        x = records[:, 1:].reshape(-1, *SHAPE)
        images[part] = _Images(x.__getitem__, _checked(path, records[:, 0]))
    return images


def _from_folder(path: Path) -> dict[str, bytes]:
    batches = {}
    for name in _names():
        file = path / name
        try:
            if file.stat().st_size == _RECORDS * _RECORD_BYTES:
                batches[name] = file.read_bytes()
        except PermissionError as error:
            raise UserError(f"{file} may not be read; change its permissions") from error
        except FileNotFoundError:
            continue
    return batches


def _from_archive(path: Path) -> dict[str, bytes]:
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|gz") as archive:
            return dict(_members(archive))
    except PermissionError as error:
        raise UserError(f"{path} may not be read; change its permissions") from error
    except (tarfile.TarError, EOFError, zlib.error, ValueError, OSError) as error:
        raise UserError(f"{path} is broken ({error}); remove it and run again") from error


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each batch; nothing is unpacked to disk."""
    for member in archive:
        name = re.sub(r".*/", "", member.name)
        if name in _names() and member.isfile() and member.size == _RECORDS * _RECORD_BYTES:
            content = archive.extractfile(member)
            yield name, content.read() if content else b""


def _names() -> list[str]:
    return [name for names in _BATCHES.values() for name in names]
