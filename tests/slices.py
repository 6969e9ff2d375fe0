"""Some rows of a part; worker processes import this file, which imports no torch."""

import numpy as np
from scipy.sparse import vstack

from narrows.datasets.base import Block


class Slice:
    """Some of the rows of a part."""

    def __init__(self, rows, chosen):
        self.rows, self.chosen = rows, chosen
        self.shape, self.dtype, self.sparse = (
            (len(chosen), *rows.shape[1:]),
            rows.dtype,
            rows.sparse,
        )

    def block(self, start, stop):
        rows = self.chosen[start:stop]
        values = [self.rows.block(int(row), int(row) + 1).values for row in rows]
        if self.sparse:
            return Block(vstack(values, format="csr"), {})
        return Block(np.concatenate(values), {})
