"""Image data sets of the Hugging Face hub, by their names there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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

if TYPE_CHECKING:
    import pyarrow as pa

SplitPart = Literal["train", "val", "test", "unlabelled"]
# How splits are called on the hub, and the part that each is.
_PARTS: dict[str, SplitPart] = {
    "train": "train", "training": "train",
    "unlabelled": "unlabelled", "unlabeled": "unlabelled", "unsupervised": "unlabelled",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
_WHOLE = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"}


@dataclass(frozen=True, kw_only=True)
class Hub(OwnData):
    """Images of a data set of the hub, brought to one size; EXIF orientation is followed.

    Splits named train, validation, test or unlabelled are the parts, and what is missing of them
    is split off train. A single split is split whatever its name. A split for validation or test
    whose labels are kept secret is left out.

    Attributes:
        name: OWNER/NAME on the hub.
        config: the subset; null for the only or default one.
        revision: a commit, or a branch or tag. null is main when it is first fetched: the card
            says which commit that was.
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
    # Not an option: nothing lies at a path, but messages about parts name it.
    path: str = field(init=False, default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.name)

    @property
    def _size(self) -> tuple[int, int]:
        height, width = [self.size] * 2 if isinstance(self.size, int) else self.size
        return height, width

    @property
    def _source(self) -> Source:
        return open_source(self.name, self.config, self.revision)

    @property
    def _features(self) -> Mapping[str, Any]:
        return self._source.features

    def sources(self) -> list[Path]:
        """Return nothing: a commit does not change."""
        return []

    def spec(self) -> Spec:
        """Return the shape (channels, height, width) and the labels.

        The data is fetched for it only where its labels are not listed.
        """
        self._image_column()
        names = self._listed_names()
        return Spec(
            (self.channels, *self._size),
            self._found.labels.names if names is None else names,
            "image",
        )

