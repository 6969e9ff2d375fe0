"""Multi-label tables of the MULAN library, with their published train and test parts."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from narrows.datasets.base import Part, Parts
from narrows.datasets.published import Published, Share, numbers, parts_of, split, watched
from narrows.errors import UserError
from narrows.readers.arff import divide, read_arff, read_label_names
from narrows.readers.npz import check_shapes, read_npz
from narrows.readers.places import find, require
from narrows.spec import Spec


class Known(NamedTuple):
    """What is known of a table.

    Attributes:
        stem: its name in the names of MULAN's files.
        features: how many.
        train: number of examples.
        test: number of examples.
        labels: their names.
    """

    stem: str
    features: int
    train: int
    test: int
    labels: tuple[str, ...]


def _enron() -> tuple[str, ...]:
    """Return A.A1 to D.D19, in the order of their spelling."""
    sizes = {"A": 8, "B": 13, "C": 13, "D": 19}
    return tuple(sorted(f"{a}.{a}{i}" for a, n in sizes.items() for i in range(1, n + 1)))


TABLES = {
    "emotions": Known(
        "emotions", 72, 391, 202,
        ("amazed-suprised", "happy-pleased", "relaxing-calm", "quiet-still", "sad-lonely",
         "angry-aggresive"),
    ),
    "scene": Known(
        "scene", 294, 1211, 1196,
        ("Beach", "Sunset", "FallFoliage", "Field", "Mountain", "Urban"),
    ),
    "yeast": Known(
        "yeast", 103, 1500, 917,
        tuple(f"Class{i}" for i in (1, 2, 3, 6, 4, 10, 11, 5, 7, 8, 9, 12, 13, 14)),
    ),
    "enron": Known("enron", 1001, 1123, 579, _enron()),
    "tmc2007_500": Known(
        "tmc2007-500", 500, 21519, 7077, tuple(f"class{i:02}" for i in range(1, 23))
    ),
}  # fmt: skip
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Mulan(Published):
    """One of MULAN's tables: each example has any number of labels.

    Looked for in the folder that NARROWS_DATA names, as ml_NAME.npz, or as published:
    NAME-train.arff, NAME-test.arff and, if it is there, NAME.xml.

    Attributes:
        name: of the table.
        standardize: bring features to mean 0 and deviation 1 on the training part, unless all
            are 0 or 1.
        val: share of the published training part kept for validation.
    """

    name: Literal["emotions", "scene", "yeast", "enron", "tmc2007_500"]
    standardize: bool = True
    val: Share = 0.1

    @property
    def _known(self) -> Known:
        return TABLES[self.name]

    def spec(self) -> Spec:
        """Return the number of features and the labels."""
        return Spec((self._known.features,), self._known.labels, "table")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return (
            f"MULAN's test part; {self.val:g} of MULAN's training part for validation, "
            f"random with seed {self.split_seed}, stratified over labels"
        )

    def sources(self) -> list[Path]:
        """Return the files."""
        return [path for file in self._files for path in watched(self._find(file))]

    @property
    def _files(self) -> tuple[str, ...]:
        stem = self._known.stem
        return f"ml_{self.name}.npz", f"{stem}-train.arff", f"{stem}-test.arff", f"{stem}.xml"

    def _find(self, file: str) -> Path | None:
        return find(self._known.stem, file)

    def load(self, work: Path) -> Parts:
        """Return the three parts."""
        arrays = self._read()
        chosen = split(arrays["y_train"], self.val, 0, self.split_seed)
        parts = parts_of(arrays["x_train"].__getitem__, arrays["y_train"], chosen)
        parts["test"] = Part(arrays["x_test"], arrays["y_test"])
        return numbers(parts, self.standardize)

    def facts(self) -> dict[str, Any]:
        """Return the names of features, where they are known."""
        return {"features": list(self._names)} if self._names else {}

    @cached_property
    def _names(self) -> list[str]:
        path = self._find(self._files[0])
        if path is not None:
            return read_npz(path, ["feature_names"])["feature_names"].tolist()
        train = self._find(self._files[1])
        names = read_arff(train).names if train else ()
        return [name for name in names if name not in self._known.labels]

    def _read(self) -> Arrays:
        packed, train, test, _ = self._files
        path = require(
            f"MULAN's {self.name}", self._known.stem, packed, train,
            remedy=f"{packed}, or {train} and {test}",
        )  # fmt: skip
        arrays = self._from_npz(path) if path.suffix == ".npz" else self._from_arff(path)
        for part, n in (("train", self._known.train), ("test", self._known.test)):
            shapes = {f"x_{part}": (n, self._known.features)}
            check_shapes(path, arrays, shapes | {f"y_{part}": (n, len(self._known.labels))})
        return arrays

    def _from_npz(self, path: Path) -> Arrays:
        arrays = read_npz(path, ["x_train", "y_train", "x_test", "y_test", "label_names"])
        self._check_labels(path, arrays.pop("label_names").tolist())
        return arrays

    def _from_arff(self, train: Path) -> Arrays:
        xml = train.with_name(self._files[3])
        if xml.is_file():
            self._check_labels(xml, read_label_names(xml))
        arrays = {}
        for part, file in zip(("train", "test"), self._files[1:3], strict=True):
            path = train.with_name(file)
            if not path.is_file():
                raise UserError(f"{path} is not there; put it beside {train.name}")
            try:
                x, y = divide(read_arff(path), self._known.labels)
            except (KeyError, ValueError) as error:
                raise UserError(
                    f"{path} is not MULAN's {self.name} (label {error}); fetch it again"
                ) from error
            arrays |= {f"x_{part}": x, f"y_{part}": y}
        return arrays

    def _check_labels(self, path: Path, names: list[str]) -> None:
        if sorted(names) != sorted(self._known.labels):
            raise UserError(f"{path} has other labels than MULAN's {self.name}; fetch it again")
