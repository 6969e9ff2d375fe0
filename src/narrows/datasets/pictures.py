"""Natural pictures on which super-resolution is measured, cut into patches of one size."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le
from pydantic import PositiveInt

from narrows.datasets.base import Part, Parts
from narrows.datasets.published import Published, Share, split_groups, watched
from narrows.errors import UserError
from narrows.readers.folders import Folder
from narrows.readers.images import ImageError, quiet
from narrows.readers.packed_images import decode, read_packed
from narrows.readers.pixels import matching, read_files
from narrows.readers.places import find, require
from narrows.spec import Spec

# How each set is called in the names of published folders, and how many pictures it has.
SETS = {"t91": ("T91", 91), "set5": ("Set5", 5), "set14": ("Set14", 14), "bsd100": ("BSD100", 100)}
_IMAGE = r"\.(?:png|bmp|jpe?g|webp|tiff?)$"
# Where copies hold smaller pictures beside them, these are the whole ones.
_WHOLE = re.compile(r"SRF_2_HR\.|(^|/)HR/", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Pictures(Published):
    """Patches of natural pictures, without labels.

    All patches of a picture are in one part. Published sets for tests alone are split too: each
    needs a part to train on here. Looked for in the folder that NARROWS_DATA names, as
    sr_NAME.npz, or as a folder or .zip archive with the pictures: T91, Set5, Set14 or BSD100.

    Attributes:
        name: of the set.
        size: of the patches in pixels.
        stride: from one patch to the next; size, so that they do not overlap, unless given.
        channels: 1 for grey, 3 for colour.
        val: share of the pictures for validation, at least one.
        test: share of the pictures for the test, at least one.
    """

    name: Literal["t91", "set5", "set14", "bsd100"]
    size: Annotated[int, Ge(8), Le(256)] = 32
    stride: PositiveInt | None = None
    channels: Literal[1, 3] = 3
    val: Share = 0.1
    test: Share = 0.2

    def spec(self) -> Spec:
        """Return the shape (channels, size, size) and no labels."""
        return Spec((self.channels, self.size, self.size), (), "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return (
            f"whole pictures, random with seed {self.split_seed}: {self.val:g} of them for "
            f"validation, {self.test:g} for the test, at least one each; patches of {self.size} "
            f"pixels, one every {self.stride or self.size} pixels"
        )

    def sources(self) -> list[Path]:
        """Return the file or folder."""
        return watched(find(self.name, *self._forms))

    def facts(self) -> dict[str, Any]:
        """Return how many pictures each part has."""
        return {"pictures": {part: len(rows) for part, rows in self._chosen.items()}}

    @property
    def _forms(self) -> tuple[str, ...]:
        title = SETS[self.name][0]
        return f"sr_{self.name}.npz", f"{title}.zip", title

    @cached_property
    def _chosen(self) -> dict[str, np.ndarray]:
        """Return the pictures of each part."""
        return split_groups(range(SETS[self.name][1]), self.val, self.test, self.split_seed)

    def load(self, work: Path) -> Parts:
        """Return the three parts."""
        pictures = self.whole()
        parts = {}
        for part, chosen in self._chosen.items():
            x = np.concatenate([self._patches(pictures[i]) for i in chosen])
            if len(x) == 0:
                raise UserError(f"dataset.size={self.size} is larger than the pictures for {part}")
            parts[part] = Part(x, np.zeros((len(x), 0), np.uint8))
        return parts

    def _patches(self, picture: np.ndarray) -> np.ndarray:
        """Cut a picture, (channels, height, width), into (n, channels, size, size)."""
        shape = (self.channels, self.size, self.size)
        if min(picture.shape[1:]) < self.size:
            return np.zeros((0, *shape), np.uint8)
        step = self.stride or self.size
        windows = np.lib.stride_tricks.sliding_window_view(picture, shape)[0, ::step, ::step]
        return windows.reshape(-1, *shape)

    def whole(self) -> list[np.ndarray]:
        """Return all pictures as they are, each (channels, height, width) uint8."""
        title, n = SETS[self.name]
        path = require(title, self.name, *self._forms, remedy=" or ".join(self._forms[:2]))
        pictures = self._packed(path) if path.suffix == ".npz" else self._files(path)
        if len(pictures) != n:
            raise UserError(f"{path} has {len(pictures)} pictures, not {n}; fetch it again")
        return pictures

    def reduced(self, scale: int) -> list[np.ndarray]:
        """Return the pictures `scale` times smaller, as they were published beside the whole ones.

        Raises:
            UserError: if they are not there; only sr_NAME.npz has them.
        """
        title, _ = SETS[self.name]
        file = self._forms[0]
        return self._packed(require(title, self.name, file, remedy=file), f"lr_x{scale}")

    def _packed(self, path: Path, name: str = "hr") -> list[np.ndarray]:
        content, bounds = read_packed(path, name, "webp")
        try:
            with quiet():
                return [decode(content[begin:end], self.channels) for begin, end in bounds]
        except ImageError as error:
            raise UserError(f"{path} is broken (a picture {error}); fetch it again") from error

    def _files(self, path: Path) -> list[np.ndarray]:
        folder = Folder(path)
        names = list(matching(folder, _IMAGE))
        return read_files(folder, [n for n in names if _WHOLE.search(n)] or names, self.channels)
