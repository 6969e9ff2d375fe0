"""What datasets of one's own files have in common: where they lie and how they are split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Lt
from pydantic import NonNegativeInt

from narrows.datasets.base import Dataset
from narrows.datasets.labels import Labels
from narrows.datasets.splits import stratified
from narrows.errors import UserError

PARTS = ("train", "val", "test")
Share = Annotated[float, Ge(0), Lt(1)]


class Division(NamedTuple):
    """Which examples make a part.

    Attributes:
        rows: (n,) their places in the source; those with labels come first.
        labelled: how many have labels.
    """

    rows: np.ndarray
    labelled: int


@dataclass(frozen=True, kw_only=True)
class OwnData(Dataset):
    """Options of every dataset of one's own files.

    Attributes:
        path: the file or folder to read.
        val: share of the labelled examples for validation.
        test: share of the labelled examples for the test.
        split_seed: which ones.
        on_error: what to do with an example that cannot be read: stop, or leave it out.
        duplicates: report examples that are in two parts, remove them from the earlier one, or
            ignore them: finding them takes time.
    """

    path: str
    val: Share = 0.1
    test: Share = 0.2
    split_seed: NonNegativeInt = 0
    on_error: Literal["stop", "skip"] = "stop"
    duplicates: Literal["report", "remove", "ignore"] = "report"

    @property
    def source(self) -> Path:
        """Return the file or folder to read.

        Raises:
            UserError: if it is not there.
        """
        path = Path(self.path).expanduser()
        if not path.exists():
            raise UserError(f"dataset.path={self.path} is not there; name a file or a folder")
        return path

    def sources(self) -> list[Path]:
        """Return the file or folder."""
        return [self.source]

    @property
    def split_rule(self) -> str:
        """Return how the parts were made, unless the source says it itself."""
        return (
            f"random with seed {self.split_seed}: {self.val:g} of the examples for validation, "
            f"{self.test:g} for the test; where some have labels, it is of these, stratified over "
            "labels, and those without are for training"
        )

    def divide(
        self, labels: Labels, given: Sequence[str | None] | None = None
    ) -> dict[str, Division]:
        """Return which examples make which part.

        Args:
            labels: of all examples; if none has any, all are split.
            given: the part of each example where the source says it, which counts for all.

        Raises:
            UserError: if a part has no example.
        """
        if given is None:
            chosen = self._split(np.arange(len(labels.known)), labels, self.val, self.test)
        else:
            chosen = self._as_given(given, labels)
        parts = {}
        for part, rows in zip(PARTS, chosen, strict=True):
            if len(rows) == 0:
                raise UserError(
                    f"{self.path}: no example is left for the {part} part of {len(labels.known)}; "
                    f"bring more, or change dataset.val and dataset.test"
                )
            known = labels.known[rows]
            parts[part] = Division(np.concatenate([rows[known], rows[~known]]), int(known.sum()))
        return parts

    def _as_given(self, given: Sequence[str | None], labels: Labels) -> list[np.ndarray]:
        """Return the rows of each part; what is not given is split off training."""
        part = np.array([name or "train" for name in given], object)
        for name in sorted(set(part) - set(PARTS)):
            raise UserError(
                f"{self.path}: there is no part {name!r}; call the parts {', '.join(PARTS)}"
            )
        train, val, test = (np.flatnonzero(part == name) for name in PARTS)
        share_val, share_test = 0 if len(val) else self.val, 0 if len(test) else self.test
        if not share_val and not share_test:
            return [train, val, test]
        train, more_val, more_test = self._split(train, labels, share_val, share_test)
        return [train, np.union1d(val, more_val), np.union1d(test, more_test)]

    def _split(self, rows: np.ndarray, labels: Labels, val: float, test: float) -> list[np.ndarray]:
        """Split those of `rows` that have labels, or all if none has; the others are training."""
        if val + test >= 1:
            raise UserError(f"dataset.val={val:g} and dataset.test={test:g} leave no example")
        known = labels.known[rows]
        pool = rows[known] if known.any() else rows
        shares = [1 - val - test, val, test]
        _, *taken = (pool[i] for i in stratified(labels.y[pool], shares, self.split_seed))
        return [np.setdiff1d(rows, np.concatenate(taken)), *taken]
