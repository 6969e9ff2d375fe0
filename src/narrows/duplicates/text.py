"""Documents that are nearly the same: rows with a cosine of 0.9 or more.

Rows on the same side of most random planes are candidates (Charikar 2002); the cosine decides.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from narrows.duplicates.lookup import BITS, Lookup
from narrows.duplicates.rows import Reader, count, each_block, take
from narrows.row_numbers import spans

COSINE = 0.9
_SEED, _TABLES, _DISTANCE, _CANDIDATES = 0xD0C, 16, 36, 8
# A larger vocabulary is folded to so many columns, with signs at random.
_COLUMNS = 1 << 15
# Pairs of documents to compare at once.
_PAIRS = 1024


class Documents:
    """The documents of a part, to be found by documents that are nearly the same.

    Args:
        part: (n, d) sparse rows.
        usable: (n,) bool, which can be found.
    """

    def __init__(self, part: Reader, usable: np.ndarray) -> None:
        self.part, columns = part, int(part.shape[1])
        random = np.random.Generator(np.random.PCG64(_SEED))
        self._planes = random.standard_normal((min(columns, _COLUMNS), BITS), np.float32)
        self._fold = random.permutation(columns) % len(self._planes)
        self._sign = random.choice(np.array([-1, 1], np.float32), columns)
        strings = np.zeros((count(part), BITS // 8), np.uint8)
        for place, found in each_block(lambda _, rows: self._sides(csr_array(rows)) > 0, part):
            strings[place] = np.packbits(found, axis=1)
        self._lookup = Lookup(strings, usable, _TABLES)

    def forms(self, rows: csr_array) -> np.ndarray:
        """Return what to look rows up by, (n, 1, 128): the same for all parts of a set."""
        return self._sides(rows)[:, None]

    def twins(self, rows: csr_array, forms: np.ndarray) -> np.ndarray:
        """Return (pairs, 2): places in `rows`, and rows of this part that are nearly the same."""
        queries, found = self._lookup.nearest(forms, _DISTANCE, _CANDIDATES)
        near = np.zeros(len(found), bool)
        # In the order of this part's rows, so that those near each other come from one reading.
        order = np.argsort(found, kind="stable")
        for span in spans(len(order), _PAIRS):
            some = order[span]
            near[some] = _are_near(rows[queries[some]], take(self.part, found[some]))
        return np.stack([queries[near], found[near]], 1)

    def _sides(self, rows: csr_array) -> np.ndarray:
        """Return how far each row is from each plane, (n, 128), and on which side."""
        data, columns = rows.data * self._sign[rows.indices], self._fold[rows.indices]
        folded = csr_array((data, columns, rows.indptr), (count(rows), len(self._planes)))
        return folded @ self._planes


def _are_near(ours: Any, theirs: Any) -> np.ndarray:
    """Return which of some pairs of documents are nearly the same, (n,) bool."""
    a, b = csr_array(ours), csr_array(theirs)
    return a.multiply(b).sum(1) >= COSINE * np.sqrt(_squares(a) * _squares(b))


def _squares(rows: csr_array) -> np.ndarray:
    return rows.multiply(rows).sum(1)
