"""The AT&T faces (Samaria and Harter 1994), also called ORL or Olivetti: 40 people."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from narrows.datasets.base import Parts
from narrows.datasets.published import Published, Share, parts_of, split, split_groups, watched
from narrows.datasets.splits import one_hot
from narrows.errors import UserError
from narrows.readers.folders import Folder
from narrows.readers.npz import check_shapes, read_npz
from narrows.readers.pixels import matching, read_files
from narrows.readers.places import find, require
from narrows.spec import Spec

PEOPLE, PHOTOGRAPHS = 40, 10
SHAPE = (1, 112, 92)
_FORMS = ("att_faces.npz", "att_faces.zip", "orl_faces.zip", "att_faces", "orl_faces")


@dataclass(frozen=True, kw_only=True)
class AttFaces(Published):
    """400 grey photographs, ten each of 40 people; the label is the person.

    They show real people, who can be recognized: use them for research alone. Looked for in the
    folder that NARROWS_DATA names, as att_faces.npz, or as published: s1/1.pgm to s40/10.pgm in
    a folder or archive att_faces or orl_faces.

    Attributes:
        split_by: whether of each person some photographs are for validation and test, or all
            photographs of some people.
        val: share of these for validation.
        test: share of these for the test.
    """

    split_by: Literal["photograph", "person"] = "photograph"
    val: Share = 0.1
    test: Share = 0.2

    def spec(self) -> Spec:
        """Return the shape (1, 112, 92) and the people, s1 to s40."""
        return Spec(SHAPE, tuple(f"s{i}" for i in range(1, PEOPLE + 1)), "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        what = "photographs of each person" if self.split_by == "photograph" else "people"
        return (
            f"random with seed {self.split_seed}: {self.val:g} of the {what} for validation, "
            f"{self.test:g} for the test"
        )

    def sources(self) -> list[Path]:
        """Return the file or folder."""
        return watched(self._place)

    @cached_property
    def _place(self) -> Path | None:
        return find("att_faces", *_FORMS)

    def load(self, work: Path) -> Parts:
        """Return the three parts."""
        path = require(
            "The set of AT&T faces", "att_faces", *_FORMS, remedy=f"{_FORMS[0]} or {_FORMS[1]}"
        )
        x, people = _packed(path) if path.suffix == ".npz" else _photographs(path)
        y = one_hot(people, PEOPLE)
        if self.split_by == "person":
            chosen = split_groups(people, self.val, self.test, self.split_seed)
        else:
            chosen = split(y, self.val, self.test, self.split_seed)
        return parts_of(x.__getitem__, y, chosen)


def _packed(path: Path) -> tuple[np.ndarray, np.ndarray]:
    arrays = read_npz(path, ["x", "y"])
    n = PEOPLE * PHOTOGRAPHS
    check_shapes(path, arrays, {"x": (n, *SHAPE[1:]), "y": (n,)})
    if arrays["x"].dtype != np.uint8 or arrays["y"].max() >= PEOPLE:
        raise UserError(f"{path} does not have bytes and people from 0 to 39; fetch it again")
    return arrays["x"][:, None], arrays["y"]


def _photographs(path: Path) -> tuple[np.ndarray, np.ndarray]:
    folder = Folder(path)
    names = matching(folder, r"(?:^|/)s(\d+)/(\d+)\.pgm$")
    place = {(int(match[1]), int(match[2])): name for name, match in names.items()}
    wanted = [(s, i) for s in range(1, PEOPLE + 1) for i in range(1, PHOTOGRAPHS + 1)]
    missing = [key for key in wanted if key not in place]
    if missing:
        person, number = missing[0]
        raise UserError(f"{path} has no s{person}/{number}.pgm; fetch it again")
    pictures = read_files(folder, [place[key] for key in wanted], SHAPE[0])
    for key, picture in zip(wanted, pictures, strict=True):
        if picture.shape != SHAPE:
            raise UserError(f"{path / place[key]} is not of 92 x 112 pixels; fetch it again")
    return np.stack(pictures), np.repeat(np.arange(PEOPLE), PHOTOGRAPHS)
