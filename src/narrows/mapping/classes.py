"""Which labels of a map have a colour: the most frequent ones; all others share grey."""

from typing import NamedTuple

import numpy as np

from narrows.mapping.points import Points
from narrows.report.svg import HUES

GREY = "#8b929b"


class Classes(NamedTuple):
    """Labels that have a colour, the most frequent one first.

    Attributes:
        labels: their numbers.
        names: what they are called.
        rest: whether some points have none of them.
    """

    labels: list[int]
    names: list[str]
    rest: bool

    def of(self, points: Points) -> np.ndarray:
        """Return the first of these that each point has, (n,), by its place here; −1 for none."""
        if points.labels is None or not self.labels:
            return np.full(len(points.z), -1)
        own = points.labels[:, self.labels]
        return np.where(own.any(1), own.argmax(1), -1)


def classes_of(old: Points, new: Points, names: tuple[str, ...]) -> Classes:
    """Return the classes of a map's points; none without labels."""
    counts = np.zeros(len(names))
    for points in (old, new):
        if points.labels is not None:
            counts += points.labels.sum(0, dtype=np.int64)
    order = np.argsort(-counts, kind="stable")[: len(HUES)]
    labels = [int(label) for label in order if counts[label] > 0]
    if len(labels) == (counts > 0).sum():
        # All have a colour: then their own order is easier to read.
        labels = sorted(labels)
    classes = Classes(labels, [names[label] for label in labels], False)
    return classes._replace(rest=any((classes.of(points) < 0).any() for points in (old, new)))
