"""Arrays that grow at their end, in the memory of their values alone."""

import numpy as np
from numpy.typing import DTypeLike


class Growing:
    """An array of rows that come block by block.

    Its memory is enlarged in place, which the system does by moving pages and not bytes: blocks
    that are kept and joined at the end would take twice as much.

    Attributes:
        values: all so far, (n, *row); once another block is added, they must be asked for again.

    Args:
        dtype: of the values.
        row: shape of a row.
    """

    def __init__(self, dtype: DTypeLike, row: tuple[int, ...] = ()) -> None:
        self.values = np.zeros((0, *row), dtype)

    def __len__(self) -> int:
        return len(self.values)

    def add(self, rows: np.ndarray) -> None:
        """Add rows at the end."""
        n = len(self)
        # An array that somebody holds on to must not move; this one is asked for again.
        self.values.resize((n + len(rows), *self.values.shape[1:]), refcheck=False)
        self.values[n:] = rows
