"""Omniglot (Lake, Salakhutdinov and Tenenbaum 2015), the part called background small 1."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from narrows.datasets.base import Parts
from narrows.datasets.published import Published, Share, parts_of, split_groups, watched
from narrows.datasets.splits import one_hot
from narrows.errors import UserError
from narrows.readers.folders import Folder
from narrows.readers.npz import check_shapes, read_npz
from narrows.readers.pixels import matching, read_files
from narrows.readers.places import find, require
from narrows.spec import Spec

ALPHABETS = {"Balinese": 24, "Early_Aramaic": 22, "Greek": 24, "Korean": 40, "Latin": 26}
CLASSES = tuple(
    f"{alphabet}/character{number:02}"
    for alphabet, characters in ALPHABETS.items()
    for number in range(1, characters + 1)
)
DRAWERS = 20
SIDE = 105
_N = len(CLASSES) * DRAWERS
_FORMS = ("omniglot_small1.npz", "images_background_small1.zip", "images_background_small1")


@dataclass(frozen=True, kw_only=True)
class Omniglot(Published):
    """136 characters of five alphabets, each drawn by 20 people; the label is the character.

    Ink is white on black. Looked for in the folder that NARROWS_DATA names, as
    omniglot_small1.npz, or as the published images_background_small1, zipped or unpacked.

    Attributes:
        size: of the images in pixels, to which the 105 x 105 drawings are reduced by averaging.
        split_by: what no two parts have in common: drawers (of each character, some of the 20
            drawings), characters or alphabets (few-shot: test labels are never in training).
        val: share of these for validation, at least one.
        test: share of these for the test, at least one.
    """

    size: Annotated[int, Ge(8), Le(SIDE)] = 28
    split_by: Literal["drawer", "character", "alphabet"] = "drawer"
    val: Share = 0.1
    test: Share = 0.2

    def spec(self) -> Spec:
        """Return the shape (1, size, size) and the 136 characters."""
        return Spec((1, self.size, self.size), CLASSES, "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return (
            f"whole {self.split_by}s, random with seed {self.split_seed}: {self.val:g} of them "
            f"for validation, {self.test:g} for the test"
        )

    def sources(self) -> list[Path]:
        """Return the file or folder."""
        return watched(self._place)

    @cached_property
    def _place(self) -> Path | None:
        return find("omniglot", *_FORMS)

    def load(self, work: Path) -> Parts:
        """Return the three parts."""
        path = require("Omniglot", "omniglot", *_FORMS, remedy=f"{_FORMS[0]} or {_FORMS[1]}")
        ink, classes, drawers = _packed(path) if path.suffix == ".npz" else _pictures(path)
        groups = {
            "drawer": drawers,
            "character": classes,
            "alphabet": np.repeat(np.arange(len(ALPHABETS)), list(ALPHABETS.values()))[classes],
        }
        chosen = split_groups(groups[self.split_by], self.val, self.test, self.split_seed)
        x = reduced(ink, self.size)[:, None]
        return parts_of(x.__getitem__, one_hot(classes, len(CLASSES)), chosen)


def reduced(ink: np.ndarray, size: int) -> np.ndarray:
    """Return images of 0 and 1 at another size, each pixel the mean of what it covers.

    Args:
        ink: (n, side, side) 0 or 1.
        size: not above side.

    Returns:
        (n, size, size) uint8, 0..255.
    """
    side = ink.shape[1]
    edges = np.linspace(0, side, size + 1)
    # How much of each old pixel lies in each new one.
    left, right = edges[:-1, None], edges[1:, None]
    old = np.arange(side)
    cover = np.clip(np.minimum(right, old + 1) - np.maximum(left, old), 0, None)
    cover = (cover * (size / side)).astype(np.float32)
    # Two large products, not one for each image: rows first, then columns.
    rows = ink.reshape(-1, side).astype(np.float32) @ cover.T
    columns = rows.reshape(-1, side, size).swapaxes(1, 2).reshape(-1, side) @ cover.T
    return np.round(columns.reshape(-1, size, size).swapaxes(1, 2) * 255).astype(np.uint8)


def _packed(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    arrays = read_npz(path, ["x", "y", "drawer", "class_names"])
    shapes = {"x": (_N, SIDE, SIDE), "y": (_N,), "drawer": (_N,), "class_names": (len(CLASSES),)}
    check_shapes(path, arrays, shapes)
    if tuple(arrays["class_names"]) != CLASSES or arrays["y"].max() >= len(CLASSES):
        raise UserError(f"{path} has other characters than Omniglot's small 1; fetch it again")
    return arrays["x"], arrays["y"].astype(np.int64), arrays["drawer"]


def _pictures(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the published drawings, black on white, as ALPHABET/characterNN/NNNN_DD.png."""
    folder = Folder(path)
    names = matching(folder, r"([^/]+/character\d\d)/\d+_(\d\d)\.png$")
    drawn = [(match[1], int(match[2])) for match in names.values()]
    if sorted(drawn) != [(c, drawer) for c in sorted(CLASSES) for drawer in range(1, DRAWERS + 1)]:
        raise UserError(
            f"{path} has {len(drawn)} drawings that are not the {_N:,} of Omniglot's small 1; "
            "fetch it again"
        )
    pictures = read_files(folder, names, 1)
    wrong = [name for name, p in zip(names, pictures, strict=True) if p.shape != (1, SIDE, SIDE)]
    if wrong:
        raise UserError(f"{path / wrong[0]} is not of {SIDE} x {SIDE} pixels; fetch it again")
    ink = np.concatenate(pictures) < 128
    classes = np.array([CLASSES.index(label) for label, _ in drawn])
    return ink.astype(np.uint8), classes, np.array([drawer for _, drawer in drawn])
