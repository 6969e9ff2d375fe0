"""Tables for outlier detection from ADBench (Han and others 2022)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from narrows.datasets.base import Parts
from narrows.datasets.published import (
    Published,
    Share,
    check_parts,
    numbers,
    parts_of,
    split,
    watched,
)
from narrows.datasets.splits import shuffled
from narrows.errors import UserError, nearest
from narrows.readers.npz import read_npz
from narrows.readers.places import find, folders, require
from narrows.spec import Spec

FILE = "adbench12.npz"
# How many features each has, so that they are known before a file is read.
FEATURES = {
    "breastw": 9, "cardio": 21, "glass": 7, "Ionosphere": 32, "mammography": 6, "optdigits": 64,
    "pendigits": 16, "Pima": 8, "satimage-2": 36, "shuttle": 9, "thyroid": 6, "WDBC": 30,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Adbench(Published):
    """One of ADBench's tables; the one label says whether an example is an outlier.

    Looked for in the folder that NARROWS_DATA names: adbench12.npz, which has twelve tables, or
    ADBench's own files, such as 6_cardio.npz, of any of its tables of numbers. Rows are as in the
    source, so that some are in two parts: duplicates=remove takes them out.

    Attributes:
        name: of the table: breastw, cardio, glass, Ionosphere, mammography, optdigits, pendigits,
            Pima, satimage-2, shuttle, thyroid, WDBC, or what else is in a file.
        standardize: bring features to mean 0 and deviation 1 on the training part.
        normal: share of the normal rows to learn from, of which `val` are for validation; the other
            normal rows and all outliers are for the test. None has outliers in all parts.
        val: share of the examples for validation.
        test: share of the examples for the test, where `normal` does not say it.
    """

    name: str = "cardio"
    standardize: bool = True
    normal: Share | None = 0.5
    val: Share = 0.1
    test: Share = 0.3

    def spec(self) -> Spec:
        """Return the number of features and the label 'outlier'; reads a table less known."""
        d = FEATURES.get(self.name) or self._table[0].shape[1]
        return Spec((d,), ("outlier",), "table")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        if self.normal is not None:
            return (
                f"random with seed {self.split_seed}: {self.normal:g} of the normal rows to learn "
                f"from, {self.val:g} of these for validation; the others and all outliers are for "
                "the test"
            )
        return (
            f"random with seed {self.split_seed}, stratified over outliers and others: "
            f"{self.val:g} for validation, {self.test:g} for the test; training has outliers too"
        )

    def sources(self) -> list[Path]:
        """Return the file."""
        return watched(self._own or find("adbench", FILE))

    def load(self, work: Path) -> Parts:
        """Return the three parts."""
        x, outlier = self._table
        y = outlier[:, None].astype(np.uint8)
        if self.normal is None:
            chosen = split(y, self.val, self.test, self.split_seed)
        else:
            chosen = self._normal_rows(outlier, self.normal)
        return numbers(parts_of(x.__getitem__, y, chosen), self.standardize)

    def _normal_rows(self, outlier: np.ndarray, share: float) -> dict[str, np.ndarray]:
        """Return rows of the parts, of which only the test has outliers."""
        normal = np.flatnonzero(outlier == 0)
        order = normal[shuffled(len(normal), self.split_seed)]
        learned = round(share * len(normal))
        val = round(self.val * learned)
        train, val, rest = np.split(order, [learned - val, learned])
        chosen = {"train": train, "val": val, "test": [*rest, *np.flatnonzero(outlier)]}
        chosen = {part: np.sort(rows) for part, rows in chosen.items()}
        check_parts(chosen, len(outlier))
        return chosen

    @cached_property
    def _own(self) -> Path | None:
        """Return ADBench's own file of this table: its name, with a number before it."""
        files = (
            path
            for folder in folders("adbench")
            for path in sorted(folder.glob("*.npz"))
            if path.stem == self.name or path.stem.partition("_")[2] == self.name
        )
        return next(files, None)

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x, (n, d), and which are outliers, (n,)."""
        if self._own is not None:
            path, names = self._own, ["X", "y"]
        elif self.name in FEATURES:
            path = require(
                f"ADBench's {self.name}", "adbench", FILE,
                remedy=f"{FILE} or ADBench's N_{self.name}.npz",
            )  # fmt: skip
            names = [f"{self.name}_X", f"{self.name}_y"]
        else:
            raise UserError(
                f"dataset.name={self.name}: there is no file N_{self.name}.npz of ADBench"
                f"{nearest(self.name, FEATURES)}"
            )
        x, y = read_npz(path, names).values()
        sound = (
            x.ndim == 2
            and y.shape == (len(x),)
            and x.shape[1] == FEATURES.get(self.name, x.shape[1])
            and x.dtype.kind in "iufb"
            and np.isin(y, (0, 1)).all()
        )
        if not sound:
            raise UserError(f"{path} does not have the table {self.name}; fetch it again")
        return x, y
