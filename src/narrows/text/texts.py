"""Texts that are read when they are asked for."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

# Longer than any book; a line or a file beyond it is not a document but a mistake.
MAX_BYTES = 16 << 20


class Unreadable(NamedTuple):
    """Stands for a text that cannot be read; `problem` names the file."""

    problem: str


class TextError(Exception):
    """A document cannot be read: its text says why, without naming the file."""


class Texts(Protocol):
    """Documents by number; picklable, since worker processes read."""

    def __len__(self) -> int: ...

    def read(self, rows: Iterable[int]) -> Iterator[str | Unreadable]:
        """Yield the texts of some documents, in their order."""
        ...


class TextList:
    """Texts that are in memory."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def read(self, rows: Iterable[int]) -> Iterator[str | Unreadable]:
        """Yield the texts of some documents, in their order."""
        return (self.texts[row] for row in rows)


def in_chunks(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """Return rows in ascending order, `size` of them in a chunk."""
    rows = np.sort(rows)
    return [rows[start : start + size] for start in range(0, len(rows), size)]
