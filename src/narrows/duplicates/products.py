"""Products of matrices for threads that share the cores."""

import numpy as np

# From so many multiplications on, OpenBLAS starts threads of its own. Those of several callers
# wait for each other, in loops that take the cores' time.
_ALONE = 1 << 18


def product(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return rows @ matrix, (n, k) times (k, m), in pieces that a thread computes by itself."""
    step = max(1, _ALONE // max(1, matrix.size))
    pieces, (height, width) = len(rows) // step, matrix.shape
    whole = pieces * step
    result = np.empty((len(rows), width), np.result_type(rows, matrix))
    ours, out = rows[:whole], result[:whole]
    np.matmul(ours.reshape(pieces, step, height), matrix, out=out.reshape(pieces, step, width))
    np.matmul(rows[whole:], matrix, out=result[whole:])
    return result
