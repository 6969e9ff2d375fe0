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
from narrows.datasets.splits import deal
from narrows.errors import UserError
from narrows.row_numbers import places

PARTS = ("train", "val", "test")
# Codes of the parts, and of an example that is in none or whose part is not said.
_TRAIN, _VAL, _TEST, OPEN = np.arange(4, dtype=np.int8)
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
        self,
        labels: Labels,
        given: Sequence[str | None] | np.ndarray | None = None,
        left_out: np.ndarray | None = None,
    ) -> dict[str, Division]:
        """Return which examples make which part.

        Args:
            labels: of all examples; if none has any, all are split.
            given: the part of each example where the source says it, which counts for all: its
                name, or (n,) its place in `PARTS` and `OPEN`.
            left_out: numbers of examples that are in no part.

        Raises:
            UserError: if a part has no example.
        """
        usable = np.ones(len(labels.known), bool)
        if left_out is not None:
            usable[left_out] = False
        codes = self._codes(usable, labels, given)
        parts = {}
        for code, part in enumerate(PARTS):
            mine = codes == code
            known, others = places(mine & labels.known), places(mine & ~labels.known)
            if len(known) + len(others) == 0:
                n = np.count_nonzero(usable)
                raise UserError(
                    f"{self.path}: no example is left for the {part} part of {n}; "
                    f"bring more, or change dataset.val and dataset.test"
                )
            parts[part] = Division(np.concatenate([known, others]), len(known))
        return parts

    def _codes(
        self,
        usable: np.ndarray,
        labels: Labels,
        given: Sequence[str | None] | np.ndarray | None,
    ) -> np.ndarray:
        """Return the part of each example as a place in `PARTS`, (n,) int8, or `OPEN` for none."""
        if given is None:
            return self._split(np.where(usable, _TRAIN, OPEN), labels, self.val, self.test)
        codes = given if isinstance(given, np.ndarray) else self._by_name(given)
        # What the source leaves open is training.
        codes = np.where(usable, np.where(codes == OPEN, _TRAIN, codes), OPEN)
        val = 0 if (codes == _VAL).any() else self.val
        test = 0 if (codes == _TEST).any() else self.test
        return self._split(codes, labels, val, test) if val or test else codes

    def _by_name(self, given: Sequence[str | None]) -> np.ndarray:
        """Return the place in `PARTS` of each name; `OPEN` for none."""
        for name in sorted({name or "train" for name in given} - set(PARTS)):
            raise UserError(
                f"{self.path}: there is no part {name!r}; call the parts {', '.join(PARTS)}"
            )
        code = {None: OPEN, "": OPEN, **{part: PARTS.index(part) for part in PARTS}}
        return np.fromiter((code[name] for name in given), np.int8, len(given))

    def _split(self, codes: np.ndarray, labels: Labels, val: float, test: float) -> np.ndarray:
        """Split training: those that have labels, or all if none has; the others stay there."""
        if val + test >= 1:
            raise UserError(f"dataset.val={val:g} and dataset.test={test:g} leave no example")
        train = codes == _TRAIN
        pool = train & labels.known
        pool = pool if pool.any() else train
        rows = None if pool.all() else places(pool)
        part = deal(labels.y, [1 - val - test, val, test], self.split_seed, rows)
        return np.where(part < 0, codes, part)
