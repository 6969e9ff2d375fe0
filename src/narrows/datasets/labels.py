"""Labels of one's own data: from classes, lists or 0/1 columns to a matrix of 0 and 1."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from narrows.errors import UserError


class Labels(NamedTuple):
    """Labels of n examples.

    Attributes:
        names: of the k labels.
        y: (n, k) uint8, 0 or 1; zeros for an example without labels.
        known: (n,) bool, which examples have labels.
    """

    names: tuple[str, ...]
    y: np.ndarray
    known: np.ndarray

    def take(self, rows: np.ndarray) -> "Labels":
        """Return the labels of some examples."""
        return Labels(self.names, self.y[rows], self.known[rows])


def from_lists(lists: Sequence[Iterable[str] | None], names: Sequence[str] | None = None) -> Labels:
    """Return the labels of examples that have a list of them each.

    Args:
        lists: for each example its labels, none, one or more; None if they are not known.
        names: the labels there are, in order; those found, sorted, unless given.

    Raises:
        UserError: for a label that is not in `names`.
    """
    # Few lists differ, so that each is looked at once.
    numbers: dict[tuple[str, ...] | None, int] = {}
    keys = (None if labels is None else tuple(labels) for labels in lists)
    which = np.fromiter((numbers.setdefault(k, len(numbers)) for k in keys), np.int32, len(lists))
    if names is None:
        names = sorted({label for key in numbers for label in key or ()})
    column = {name: i for i, name in enumerate(names)}
    y = np.zeros((len(numbers), len(column)), np.uint8)
    for row, labels in enumerate(numbers):
        for label in labels or ():
            if label not in column:
                raise UserError(f"there is no label {label!r}; known: {', '.join(names)}")
            y[row, column[label]] = 1
    known = np.array([labels is not None for labels in numbers], bool)
    return Labels(tuple(column), y[which], known[which])


def from_classes(classes: Sequence[str | None], names: Sequence[str] | None = None) -> Labels:
    """Return the labels of examples that have one class each; None if it is not known."""
    alone = {c: None if c is None else (c,) for c in set(classes)}
    return from_lists([alone[c] for c in classes], names)


def from_columns(columns: Mapping[str, np.ndarray]) -> Labels:
    """Return the labels of examples that have a column of 0 and 1 for each label.

    An example without a value in any column has no labels.

    Args:
        columns: (n,) float for each label, NaN where there is no value.

    Raises:
        UserError: for a value that is neither 0 nor 1, a row with values in some columns only, or
            if there is no column.
    """
    if not columns:
        raise UserError("there is no label column; name at least one")
    values = np.stack([np.asarray(c, np.float64) for c in columns.values()], 1)
    names = tuple(columns)
    missing = np.isnan(values)
    known = (~missing).sum(1) > 0
    wrong = np.argwhere(((values != 0) & (values != 1) & ~missing) | (missing & known[:, None]))
    if len(wrong):
        row, label = wrong[0]
        value = "no value" if missing[row, label] else f"{values[row, label]:g}"
        raise UserError(f"label column {names[label]!r} has {value} in row {row + 1}, not 0 or 1")
    return Labels(names, np.where(missing, 0, values).astype(np.uint8), known)
