"""What maps are worth, as a table: one row for each, of old and of new examples."""

from typing import Any, NamedTuple

import numpy as np

from narrows.mapping.maps import Codes
from narrows.mapping.neighbours import Cloud, neighbour_accuracy, trustworthiness
from narrows.mapping.points import Points
from narrows.mapping.retrieval import retrieval_precision

NEIGHBOURS = 5


class Measured(NamedTuple):
    """What one map, or a larger code, is worth.

    Attributes:
        name: of it.
        numbers: that it has of each example.
        trustworthiness: of the old examples' places.
        trustworthiness_new: of the new ones', among the old.
        accuracy: of the nearest labels of old examples, each left out in turn; None without labels.
        accuracy_new: of new examples, by their nearest old ones.
        sse: squared error of what the new ones' places decode to; None where nothing is decoded.
        precision: of retrieval among the new ones, by how many are retrieved; none without labels.
    """

    name: str
    numbers: int
    trustworthiness: float
    trustworthiness_new: float
    accuracy: float | None
    accuracy_new: float | None
    sse: float | None
    precision: dict[int, float]

    def flat(self) -> dict[str, Any]:
        """Return it as a line of a table; precisions are called precision_1 and so on."""
        values = self._asdict()
        precision = values.pop("precision")
        return values | {f"precision_{count}": value for count, value in precision.items()}


def measure(codes: list[Codes], old: Points, new: Points, near: str) -> list[Measured]:
    """Measure codes and maps.

    Args:
        codes: of the old and new examples.
        old: training examples.
        new: others.
        near: how distances are taken in retrieval by codes; everywhere else, and on maps, they
            are Euclidean.
    """
    places = [Cloud(one.old) for one in codes]
    of_new = [Cloud(one.old, one.new) for one in codes]
    kept = trustworthiness(Cloud(old.x), places, NEIGHBOURS)
    kept_new = trustworthiness(Cloud(old.x, new.x), of_new, NEIGHBOURS)
    return [
        Measured(
            one.name,
            one.old.shape[1],
            kept[place],
            kept_new[place],
            _accuracy(places[place], old.labels, old.labels),
            _accuracy(of_new[place], old.labels, new.labels),
            one.sse,
            _precision(one, new.labels, near),
        )
        for place, one in enumerate(codes)
    ]


def _accuracy(cloud: Cloud, old: np.ndarray | None, asked: np.ndarray | None) -> float | None:
    if old is None or asked is None:
        return None
    return neighbour_accuracy(cloud, old, asked, NEIGHBOURS)


def _precision(one: Codes, labels: np.ndarray | None, near: str) -> dict[int, float]:
    if labels is None:
        return {}
    # On a map an angle is seen from a place that means nothing.
    return retrieval_precision(one.new, labels, "euclidean" if one.is_map else near)
