"""What every baseline answers."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from scipy.sparse import csr_array

Matrix = np.ndarray | csr_array
Options = dict[str, Any]


def shape(x: Matrix) -> tuple[int, int]:
    """Return (n, d)."""
    n, d = x.shape or (0, 0)
    return n, d


class Model(NamedTuple):
    """A fitted classifier.

    Attributes:
        predict: from x, (n, d), to scores in [0, 1], (n, k); 1/2 is where a yes begins.
        weights: how many numbers the predictions are made with.
    """

    predict: Callable[[Matrix], np.ndarray]
    weights: int


class Baseline(Protocol):
    """A classifier with the options to choose from.

    Its constructor takes one of these options, and the seed of what is random.

    Attributes:
        grid: options, the same number for each baseline; the first of the best ones is taken.
    """

    grid: ClassVar[tuple[Options, ...]]

    def fit(self, x: Matrix, y: np.ndarray) -> Iterator[Model]:
        """Yield models whose mean is the prediction: one, unless they are too large together.

        Args:
            x: (n, d), dense or sparse.
            y: (n, k), 0 or 1, each label with both.
        """
        ...
