"""Image data sets of the Hugging Face hub, by their names there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Len
from pydantic import PositiveInt

from narrows.datasets.base import Part, Parts
from narrows.datasets.labels import Labels
from narrows.datasets.own import OwnData
from narrows.errors import UserError, nearest
from narrows.readers.hub import Source, Split, open_source
from narrows.readers.images import Fit
from narrows.spec import Spec

SplitPart = Literal["train", "val", "test", "unlabelled"]
# How splits are called on the hub, and the part that each is.
_PARTS: dict[str, SplitPart] = {
    "train": "train", "training": "train",
    "unlabelled": "unlabelled", "unlabeled": "unlabelled", "unsupervised": "unlabelled",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
_WORDS = {
    "string", "large_string", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16",
    "uint32", "uint64",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Hub(OwnData):
    """Images of a data set of the hub, brought to one size; EXIF orientation is followed.

    Splits named train, validation, test or unlabelled are the parts, and what is missing of them
    is split off train. A single split is split whatever its name. A split for validation or test
    whose labels are kept secret is left out.

    Attributes:
        name: OWNER/NAME on the hub.
        config: the subset; null for the only or default one.
        revision: a commit, or a branch or tag. null is main as it is when it is first fetched:
            the card says which commit that was.
        image: the column with images; null for the only one.
        labels: the column with a class or a list of labels; null for the only one that has classes
            by its type, or none.
        splits: the part that each split is, such as {extra: train}; null as above.
        size: of the images in pixels: a side of a square, or [height, width].
        channels: 1 for grey, 3 for colour.
        fit: cut the longer side off (crop), add black borders (pad), change proportions (stretch).
    """

    name: str
    config: str | None = None
    revision: str | None = None
    image: str | None = None
    labels: str | None = None
    splits: dict[str, SplitPart] | None = None
    size: PositiveInt | Annotated[list[PositiveInt], Len(2, 2)] = 64
    channels: Literal[1, 3] = 3
    fit: Fit = "crop"
    # No option: nothing lies at a path here, but messages about parts name it.
    path: str = field(init=False, default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.name)

    def spec(self) -> Spec:
        """Return the shape (channels, height, width) and the labels.

        The data is fetched for it only where the hub does not list columns and labels.
        """
        _choose(self, "image", _is_image)
        column = self._label_column
        names = _classes(self._source.features[column]) if column else ()
        names = self._found.labels.names if names is None else tuple(names)
        return Spec((self.channels, *self._size), names, "image")

    def load(self, work: Path) -> Parts:
        """Return the three parts, to be decoded block by block."""
        # Here, since pyarrow takes half a second to import.
        from narrows.readers.encoded_images import EncodedImages

        column, found, parts = _choose(self, "image", _is_image), self._found, {}
        assert column is not None  # noqa: S101
        tables = {f"{self.name}, {name}": split.files for name, split in found.splits.items()}
        form = self._size, self.channels, self.fit, self._source.folders
        for part, division in self.divide(found.labels, found.given).items():
            x = EncodedImages(tables, column, found.rows[division.rows], *form)
            parts[part] = Part(x, found.labels.y[division.rows], division.labelled)
        return parts

    def sources(self) -> list[Path]:
        """Return nothing: a commit does not change."""
        return []

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        rule = super().split_rule
        if self._found.given is None:
            return rule
        return f"as the hub's splits say; what is missing of these is split off train: {rule}"

    def facts(self) -> dict[str, Any]:
        """Return which commit was used, and what its splits became."""
        source, found = self._source, self._found
        return {
            "commit": source.commit,
            "config": source.config,
            "splits": {
                name: {"rows": split.rows, "part": found.parts[name] or "all"}
                for name, split in found.splits.items()
                if name not in found.left_out
            },
            "splits_left_out": found.left_out,
        }

    @property
    def _size(self) -> tuple[int, int]:
        height, width = [self.size] * 2 if isinstance(self.size, int) else self.size
        return height, width

    @property
    def _source(self) -> Source:
        return open_source(self.name, self.config, self.revision)

    @property
    def _label_column(self) -> str | None:
        return _choose(self, "labels", _has_classes if self.labels is None else _has_labels)

    @cached_property
    def _found(self) -> "_Found":
        return _find(self)


@dataclass(frozen=True)
class _Found:
    """What the data set has.

    Attributes:
        splits: those that were looked at, whose rows are counted one after another.
        parts: what each is, or None if it is to be split.
        left_out: the splits without a part, with the reason.
        rows: (n,) that are used.
        labels: of these.
        given: the part of each of these, or None if all are to be split.
    """

    splits: Mapping[str, Split]
    parts: Mapping[str, SplitPart | None]
    left_out: dict[str, str]
    rows: np.ndarray
    labels: Labels
    given: list[str] | None


def _find(data: Hub) -> _Found:
    everything = data._source.splits
    parts = _parts_of(data, list(everything))
    left_out = {name: "its name says no part" for name in everything if name not in parts}
    splits = {name: everything[name] for name in parts}
    origin = np.repeat(np.arange(len(splits)), [split.rows for split in splits.values()])
    labels = _read_labels(data, splits)
    for number, part in enumerate(parts.values()):
        if part == "unlabelled":
            labels.known[origin == number] = False
            labels.y[origin == number] = 0
    used = np.ones(len(origin), bool)
    for number, (name, part) in enumerate(parts.items()):
        mine = origin == number
        if part in ("val", "test") and labels.known.any() and not labels.known[mine].any():
            left_out[name] = "none of its rows has labels"
            used &= ~mine
    rows = np.flatnonzero(used)
    if None in parts.values():
        return _Found(splits, parts, left_out, rows, labels.take(rows), None)
    names = ["train" if part == "unlabelled" else str(part) for part in parts.values()]
    given = np.array(names, object)[origin[rows]].tolist()
    return _Found(splits, parts, left_out, rows, labels.take(rows), given)


def _parts_of(data: Hub, names: list[str]) -> dict[str, SplitPart | None]:
    """Return what each split is, for those that are something."""
    if data.splits is not None:
        for name in data.splits:
            if name not in names:
                raise UserError(f"{data.name} has no split {name!r}{nearest(name, names)}")
        return {name: data.splits[name] for name in names if name in data.splits}
    if len(names) == 1:
        return {names[0]: None}
    found: dict[str, SplitPart | None] = {
        name: _PARTS[name.lower()] for name in names if name.lower() in _PARTS
    }
    if "train" not in found.values():
        raise UserError(
            f"{data.name} has the splits {', '.join(names)}; say which is what, such as "
            f"dataset.splits={{{names[0]}: train}}"
        )
    return found


def _read_labels(data: Hub, splits: Mapping[str, Split]) -> Labels:
    import pyarrow as pa

    from narrows.readers.cell_labels import labels_of
    from narrows.readers.encoded_images import read_table

    column, n = data._label_column, sum(split.rows for split in splits.values())
    if column is None:
        return Labels((), np.zeros((n, 0), np.uint8), np.zeros(n, bool))
    columns = [read_table(p).column(column) for split in splits.values() for p in split.files]
    cells = pa.chunked_array([chunk for c in columns for chunk in c.chunks], columns[0].type)
    try:
        return labels_of(cells, _classes(data._source.features[column]))
    except IndexError as error:
        raise UserError(f"{data.name}: column {column!r} has {error}; name another") from error


def _choose(data: Hub, option: Literal["image", "labels"], fits: Any) -> str | None:
    """Return the column for an option, as it was named or the only one of its type."""
    features = data._source.features
    candidates = [name for name, feature in features.items() if fits(feature)]
    named = getattr(data, option)
    if named is not None:
        if named not in features:
            raise UserError(f"{data.name} has no column {named!r}{nearest(named, features)}")
        if named not in candidates:
            what = "images" if option == "image" else "classes, words or whole numbers"
            raise UserError(f"{data.name}: column {named!r} does not hold {what}; name another")
        return named
    if len(candidates) > 1:
        raise UserError(
            f"{data.name} has several columns of that kind: {', '.join(candidates)}; choose one "
            f"with dataset.{option}=…"
        )
    if option == "image" and not candidates:
        raise UserError(
            f"{data.name} has no column of images, but {', '.join(features)}; for texts or a "
            "table, save it as a file and read it with dataset=documents or dataset=table"
        )
    return candidates[0] if candidates else None


def _kind(feature: Any) -> str:
    return feature.get("_type", "") if isinstance(feature, dict) else ""


def _is_image(feature: Any) -> bool:
    return _kind(feature) == "Image"


def _single(feature: Any) -> Any:
    """Return what a list is a list of; else the feature itself."""
    return feature["feature"] if _kind(feature) in ("List", "LargeList", "Sequence") else feature


def _has_classes(feature: Any) -> bool:
    return _kind(_single(feature)) == "ClassLabel"


def _has_labels(feature: Any) -> bool:
    one = _single(feature)
    return _has_classes(feature) or (_kind(one) == "Value" and one["dtype"] in _WORDS)


def _classes(feature: Any) -> list[str] | None:
    """Return the names of the classes that numbers stand for, or None if values are labels."""
    return _single(feature)["names"] if _has_classes(feature) else None
