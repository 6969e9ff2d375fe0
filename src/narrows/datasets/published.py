"""What published data sets have in common: how they are split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Lt
from pydantic import NonNegativeInt

from narrows.datasets.base import Dataset, Part, Parts, Rows
from narrows.datasets.own import PARTS
from narrows.datasets.splits import shuffled, stratified
from narrows.errors import UserError
from narrows.readers.places import downloads

Share = Annotated[float, Gt(0), Lt(1)]


@dataclass(frozen=True, kw_only=True)
class Published(Dataset):
    """Options of every published data set.

    Attributes:
        split_seed: which examples make which part, where that was not published.
        duplicates: report examples that are in two parts, remove them from the earlier one, or
            ignore them: finding them takes time.
    """

    split_seed: NonNegativeInt = 0
    duplicates: Literal["report", "remove", "ignore"] = "report"


def watched(path: Path | None) -> list[Path]:
    """Return what to look at for changes: a file, unless it was downloaded with a checksum."""
    if path is None or downloads("").resolve() in path.resolve().parents:
        return []
    return [path]


def parts_of(
    take: Callable[[np.ndarray], np.ndarray | Rows], y: np.ndarray, chosen: dict[str, np.ndarray]
) -> Parts:
    """Return the parts that rows make.

    Args:
        take: gives the examples of some rows.
        y: (n, k) labels of all rows.
        chosen: the rows of each part.
    """
    return {part: Part(take(rows), y[rows]) for part, rows in chosen.items()}


def split(y: np.ndarray, val: float, test: float, seed: int) -> dict[str, np.ndarray]:
    """Split examples at random, stratified over labels.

    Args:
        y: (n, k) 0 or 1.
        val: share for validation.
        test: share for the test; 0 if that part is there already, which leaves it out.
        seed: of the split.

    Raises:
        UserError: if a part has no example.
    """
    shares = {"train": 1 - val - test, "val": val, "test": test}
    shares = {part: share for part, share in shares.items() if part != "test" or test}
    if min(shares.values()) <= 0:
        raise UserError(f"dataset.val={val:g} and dataset.test={test:g} leave no example to train")
    chosen = dict(zip(shares, stratified(y, list(shares.values()), seed), strict=True))
    check_parts(chosen, len(y))
    return chosen


def split_groups(
    groups: Sequence[int] | np.ndarray, val: float, test: float, seed: int
) -> dict[str, np.ndarray]:
    """Split examples at random so that none of two parts are in one group.

    Args:
        groups: (n,) the group of each example.
        val: share of the groups for validation, at least one.
        test: share of the groups for the test, at least one.
        seed: of the split.

    Raises:
        UserError: if no group is left for training.
    """
    names = np.unique(groups)
    order = names[shuffled(len(names), seed)]
    n_val, n_test = (max(1, round(share * len(names))) for share in (val, test))
    cut = len(names) - n_val - n_test
    if cut < 1:
        raise UserError(f"dataset.val={val:g} and dataset.test={test:g} leave no example to train")
    chosen = np.split(order, [cut, cut + n_val])
    return {
        part: np.flatnonzero(np.isin(groups, some))
        for part, some in zip(PARTS, chosen, strict=True)
    }


def check_parts(chosen: dict[str, np.ndarray], n: int) -> None:
    """Refuse parts of which one has no example.

    Args:
        chosen: rows of each part.
        n: number of all examples.
    """
    for part, rows in chosen.items():
        if len(rows) == 0:
            raise UserError(f"of {n} examples none is left for the {part} part; give it more")


def numbers(parts: Parts, standardize: bool) -> Parts:
    """Return tables as float32, with mean 0 and deviation 1 on the training part if that is asked.

    Tables whose training part has 0 and 1 alone stay as they are, and columns without deviation
    only lose their mean.

    Args:
        parts: with arrays x, (n, d).
        standardize: whether to.
    """
    arrays = {part: np.asarray(some.x, np.float64) for part, some in parts.items()}
    train = arrays["train"]
    if standardize and not np.isin(train, (0, 1)).all():
        mean, deviation = train.mean(0), train.std(0)
        # What is constant but for rounding has no scale.
        scale = np.where(deviation > 1e-9 * np.abs(mean), deviation, 1)
        arrays = {part: (x - mean) / scale for part, x in arrays.items()}
    return {part: some._replace(x=arrays[part].astype(np.float32)) for part, some in parts.items()}
