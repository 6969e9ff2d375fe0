"""What every dataset answers."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from scipy.sparse import csr_array

from narrows.spec import Shape, Spec

Parts = dict[str, "Part"]


class Block(NamedTuple):
    """Consecutive examples, as they were read.

    Attributes:
        values: one row for each, dense or sparse; what a row with a problem holds does not matter.
        problems: what is wrong with a row, by its place in the block: one line that names the
            file.
    """

    values: np.ndarray | csr_array
    problems: dict[int, str]


class Rows(Protocol):
    """Examples that are read when they are asked for; picklable, since worker processes read.

    Attributes:
        shape: (n, *spec.shape).
        dtype: of the values: uint8 for images, else float32.
        sparse: whether blocks are sparse.
    """

    shape: Shape
    dtype: np.dtype
    sparse: bool

    def block(self, start: int, stop: int) -> Block:
        """Read the rows from `start` to before `stop`."""
        ...


class Part(NamedTuple):
    """One split.

    Attributes:
        x: (n, *spec.shape); uint8 for images, 0..255 standing for [0, 1], else float32.
        y: (n, k) uint8, 0 or 1.
        labelled: how many of the examples have labels, which are the first ones; None for all.
    """

    x: np.ndarray | csr_array | Rows
    y: np.ndarray
    labelled: int | None = None


class Dataset(ABC):
    """A source of examples: a frozen dataclass whose fields are its options.

    Attributes:
        on_error: what to do with an example that cannot be read: stop, or leave it out and list
            it in the card.
        duplicates: what to do with an example that is in two parts: report it in the card, remove
            it from the part that comes first of train, val and test, or ignore it.
    """

    on_error: Literal["stop", "skip"] = "stop"
    duplicates: Literal["report", "remove", "ignore"] = "report"

    @abstractmethod
    def spec(self) -> Spec:
        """Return what an example looks like, reading no more than that takes."""

    @abstractmethod
    def load(self, work: Path) -> Parts:
        """Return the parts 'train', 'val' and 'test'.

        Args:
            work: a folder for files that the parts are read from, which is there until they have
                been read; after a kill it is found as it was left.
        """

    @property
    @abstractmethod
    def split_rule(self) -> str:
        """Return how the parts were made, in a sentence for the dataset card."""

    def sources(self) -> list[Path]:
        """Return the files and folders that are read, whose change means to prepare again.

        None for a published set: its checksum says whether it is the one.
        """
        return []

    def facts(self) -> dict[str, Any]:
        """Return what else the card has to say, as JSON; called after `load`."""
        return {}
