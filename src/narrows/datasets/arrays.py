"""Arrays of one's own: .npz, .npy or a folder of .npy files, taken as they stand."""

import hashlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from narrows.datasets.base import Block, Part, Parts
from narrows.datasets.labels import Labels
from narrows.datasets.own import OPEN, PARTS, Division, OwnData
from narrows.errors import UserError, nearest
from narrows.readers.npy import StoredArray, find_arrays, read_rows
from narrows.spec import Kind, Shape, Spec
from narrows.store import Stored
from narrows.tables.array_labels import read_labels
from narrows.tables.problems import Problems

_UNLABELLED = "unlabelled"
_FEATURE_NAMES = "feature_names"


class _Study(NamedTuple):
    """What headers and labels have told.

    Attributes:
        names: of the arrays of x, one for each part, or one.
        arrays: these.
        labels: of all rows, those of one array after those of another.
        parts: which of these rows make a part.
        features: names of a table's columns; () if there are none.
        left_out: what is wrong with rows that cannot be used.
    """

    names: tuple[str, ...]
    arrays: tuple[StoredArray, ...]
    labels: Labels
    parts: dict[str, Division]
    features: tuple[str, ...]
    left_out: Problems


# The last file alone: spec() and load() of one process ask for the same.
_studied: dict[str, _Study] = {}


@dataclass(frozen=True, kw_only=True)
class Arrays(OwnData):
    """Examples are the rows of x, labels those of y; no value is changed.

    Where there is x_train, the parts are x_train, x_val and x_test, with y_train and so on;
    x_unlabelled is added to train, and what is missing of val and test is split off train.

    y is 0 or 1 for each label, (n, k), or a class for each example, (n,): a whole number from 0 on
    or a word. A row of NaN, -1 or an empty word has no labels; without y, none has.

    Attributes:
        x: name of the array of examples.
        y: name of the array of labels.
        label_names: name of the array of the labels' names.
        kind: what an example is; "auto" takes uint8 with 3 or 4 axes for images.
        channels: where images have their channels; "auto" finds an axis of 4 or less.
    """

    x: str = "x"
    y: str = "y"
    label_names: str = "label_names"
    kind: Literal["auto", "image", "table"] = "auto"
    channels: Literal["auto", "first", "last"] = "auto"

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        rule = super().split_rule
        return f"as the arrays {self.x}_train, {self.x}_val and {self.x}_test say, or {rule}"

    def spec(self) -> Spec:
        """Return the shape of an example and the labels; headers and labels are read for it."""
        study = self._study()
        view = self.view(study.arrays[0])
        return Spec(view.shape, study.labels.names, view.kind)

    def load(self, work: Path) -> Parts:
        """Return the parts; compressed arrays are written to `work` once."""
        study = self._study()
        key = hashlib.sha256(_state(self.source).encode()).hexdigest()[:16]
        stored = tuple(
            array.on_disk(work / f"{key}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.npy")
            for name, array in zip(study.names, study.arrays, strict=True)
        )
        view = self.view(study.arrays[0])
        places = tuple(array.place for array in study.arrays)
        return {
            part: Part(
                ArrayRows(stored, places, view, division.rows),
                study.labels.y[division.rows],
                division.labelled,
            )
            for part, division in study.parts.items()
        }

    def facts(self) -> dict[str, Any]:
        """Return which arrays were read, names of features, and rows that were left out."""
        study = self._study()
        facts: dict[str, Any] = {
            "arrays": {
                name: f"{array.dtype} {array.shape}"
                for name, array in zip(study.names, study.arrays, strict=True)
            },
            "rows_left_out": len(study.left_out.rows),
            "left_out": [f"{self.path}: {text}" for text in study.left_out.texts.values()],
        }
        return facts | ({"features": list(study.features)} if study.features else {})

    def _study(self) -> _Study:
        key = repr((self, _state(self.source)))
        if key not in _studied:
            _studied.clear()
            _studied[key] = self._read()
        return _studied[key]

    def _read(self) -> _Study:
        found = find_arrays(self.source)
        suffixes = self._suffixes(found)
        names = tuple(self.x + suffix for suffix in suffixes)
        arrays = tuple(found[name] for name in names)
        self._check(names, arrays)
        problems = Problems()
        labels = read_labels(
            [found.get(self.y + suffix) for suffix in suffixes],
            [array.shape[0] for array in arrays],
            found.get(self.label_names),
            problems,
        )
        if problems.texts and self.on_error == "stop":
            text = next(iter(problems.texts.values()))
            raise UserError(
                f"{self.path}: {text}; mend it, or leave such rows out with dataset.on_error=skip"
            )
        features = ()
        if _FEATURE_NAMES in found and self.view(arrays[0]).kind == "table":
            features = tuple(found[_FEATURE_NAMES].words())
        parts = self._parts(labels, suffixes, arrays, problems)
        return _Study(names, arrays, labels, parts, features, problems)

    def _suffixes(self, found: dict[str, StoredArray]) -> list[str]:
        """Return what follows x in the names of its arrays."""
        parts = [f"_{part}" for part in (*PARTS, _UNLABELLED)]
        given = [suffix for suffix in parts if self.x + suffix in found]
        if f"{self.x}_train" in found:
            return given
        if self.x in found:
            return [""]
        raise UserError(
            f"{self.path} has no array {self.x!r} or '{self.x}_train'; dataset.x=… names the "
            f"examples{nearest(self.x, found)}"
        )

    def _check(self, names: tuple[str, ...], arrays: tuple[StoredArray, ...]) -> None:
        first = arrays[0]
        for name, array in zip(names, arrays, strict=True):
            if array.dtype.kind not in "biuf" or not array.shape or 0 in array.shape[1:]:
                raise UserError(
                    f"{self.path}: {name} is {array.dtype} {array.shape}; examples are rows of "
                    "numbers"
                )
            if array.shape[1:] != first.shape[1:] or array.dtype != first.dtype:
                raise UserError(
                    f"{self.path}: {name} is {array.dtype} {array.shape} and {names[0]} "
                    f"{first.dtype} {first.shape}; their rows have to be alike"
                )

    def _parts(
        self,
        labels: Labels,
        suffixes: list[str],
        arrays: tuple[StoredArray, ...],
        problems: Problems,
    ) -> dict[str, Division]:
        """Return which rows make which part."""
        given = None
        if suffixes != [""]:
            code = {f"_{part}": PARTS.index(part) for part in PARTS}
            codes = np.array([code.get(suffix, OPEN) for suffix in suffixes], np.int8)
            given = np.repeat(codes, [a.shape[0] for a in arrays])
        return self.divide(labels, given, problems.rows)

    def view(self, array: StoredArray) -> "View":
        """Return how the array's rows become examples.

        Raises:
            UserError: if they can be no images but are to be.
        """
        shape = array.shape[1:]
        image = array.dtype == np.uint8 and len(shape) in (2, 3)
        if self.kind == "table" or (self.kind == "auto" and not image):
            return View((prod(shape),), "table", False)
        if not image:
            raise UserError(
                f"{self.path}: {self.x} is {array.dtype} {array.shape}; images are uint8, "
                "(n, H, W), (n, H, W, C) or (n, C, H, W), from 0 to 255"
            )
        if len(shape) == 2:
            return View((1, *shape), "image", False)
        last = shape[2] <= 4 if self.channels == "auto" else self.channels == "last"
        if self.channels == "auto" and not last and shape[0] > 4:
            raise UserError(
                f"{self.path}: {self.x} is {array.shape}, where no axis has 4 or less channels; "
                "say dataset.channels=first or last, or dataset.kind=table"
            )
        return View((shape[2], *shape[:2]) if last else shape, "image", last)


class View(NamedTuple):
    """How rows of an array become examples.

    Attributes:
        shape: of one example.
        kind: what it is.
        last: whether the array has channels as its last axis.
    """

    shape: Shape
    kind: Kind
    last: bool


class ArrayRows:
    """Some rows of one or more arrays, as examples; see `Rows`."""

    def __init__(
        self, arrays: tuple[Stored, ...], places: tuple[str, ...], view: View, rows: np.ndarray
    ) -> None:
        """Take what examples are made from.

        Args:
            arrays: whose rows are counted on from one to the next.
            places: where they are, for messages.
            view: how a row becomes an example.
            rows: (n,) which ones.
        """
        self.arrays, self.places, self.view, self.rows = arrays, places, view, rows
        self.shape: Shape = (len(rows), *view.shape)
        self.dtype = np.dtype(np.uint8 if view.kind == "image" else np.float32)
        self.sparse = False

    def block(self, start: int, stop: int) -> Block:
        """Read the rows from `start` to before `stop`."""
        rows = self.rows[start:stop]
        values = np.empty((len(rows), *self.view.shape), self.dtype)
        problems: dict[int, str] = {}
        first = 0
        for array, place in zip(self.arrays, self.places, strict=True):
            mine = np.flatnonzero((rows >= first) & (rows < first + len(array)))
            values[mine] = self._examples(read_rows(array, rows[mine] - first))
            for i in _not_finite(values, mine):
                problems[int(i)] = (
                    f"{place}: row {rows[i] - first} has NaN, infinite or too large values"
                )
            first += len(array)
        return Block(values, problems)

    def _examples(self, rows: np.ndarray) -> np.ndarray:
        if self.view.last:
            rows = np.moveaxis(rows, -1, 1)
        # What float32 cannot hold becomes infinite, which is told.
        with np.errstate(over="ignore"):
            return rows.reshape(len(rows), *self.view.shape).astype(self.dtype, copy=False)


def _not_finite(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    if values.dtype == np.uint8 or np.isfinite(values[rows]).all():
        return rows[:0]
    return rows[~np.isfinite(values[rows].reshape(len(rows), -1)).all(1)]


def _state(path: Path) -> str:
    """Return what tells whether the files are the same as before."""
    files = sorted(path.glob("*.npy")) if path.is_dir() else [path]
    states = [(file.resolve(), file.stat()) for file in files]
    return repr([(str(file), s.st_size, s.st_mtime_ns) for file, s in states])
