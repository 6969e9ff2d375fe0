"""Documents that are nearly the same: rows with a cosine of 0.9 or more.

Rows on the same side of most random planes are candidates (Charikar 2002); the cosine decides.
"""

import numpy as np
from scipy.sparse import csr_array

from narrows.duplicates.lookup import BITS, Lookup
from narrows.duplicates.rows import Reader, blocks, count, take

COSINE = 0.9
_SEED, _TABLES, _DISTANCE, _CANDIDATES = 0xD0C, 16, 36, 8
# A larger vocabulary is folded to so many columns, with signs at random.
_COLUMNS = 1 << 15


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
        for start, rows in blocks(part):
            values = self._sides(csr_array(rows))
            strings[start : start + len(values)] = np.packbits(values > 0, axis=1)
        self._lookup = Lookup(strings, usable, _TABLES)

    def twins(self, rows: csr_array) -> np.ndarray:
        """Return (pairs, 2): places in `rows`, and rows of this part that are nearly the same."""
        queries, found = self._lookup.nearest([self._sides(rows)], _DISTANCE, _CANDIDATES)
        if not len(found):
            return np.zeros((0, 2), np.int64)
        ours, theirs = csr_array(rows[queries]), csr_array(take(self.part, found))
        lengths = _squares(ours) * _squares(theirs)
        near = ours.multiply(theirs).sum(1) >= COSINE * np.sqrt(lengths)
        return np.stack([queries[near], found[near]], 1)

    def _sides(self, rows: csr_array) -> np.ndarray:
        """Return how far each row is from each plane, (n, 128), and on which side."""
        data, columns = rows.data * self._sign[rows.indices], self._fold[rows.indices]
        folded = csr_array((data, columns, rows.indptr), (count(rows), len(self._planes)))
        return folded @ self._planes


def _squares(rows: csr_array) -> np.ndarray:
    return rows.multiply(rows).sum(1)
