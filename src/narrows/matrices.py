"""Examples as scikit-learn takes them: a row each, dense or sparse, on a scale that suits them."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from narrows.baselines.base import Matrix
from narrows.loading import PackedDataset, to_floats
from narrows.sparse import SparseRows
from narrows.spec import Kind
from narrows.tasks.base import Batch


def matrix(data: PackedDataset) -> Matrix:
    """Return x as (n, d) float64; sparse rows stay sparse."""
    if not isinstance(data.x, SparseRows):
        return to_floats(Batch(data.x, data.y)).x.flatten(1).double().numpy()
    # liblinear and libsvm take indices of 32 bits alone.
    indptr, indices = (a.numpy().astype(np.int32) for a in (data.x.indptr, data.x.indices))
    return csr_array((data.x.data.double().numpy(), indices, indptr), shape=data.x.shape)


def standardize(x: Matrix, kind: Kind) -> Callable[[Matrix], Matrix]:
    """Return what gives each feature mean 0 and deviation 1 on the examples x, (n, d).

    The pixels of an image have one deviation, that of all of them about their own means: one that
    is seldom lit would be blown up else. Sparse rows are left as they are.
    """
    if not isinstance(x, np.ndarray):
        return lambda rows: rows
    mean = x.mean(0)
    square = (x - mean) ** 2
    deviation = np.sqrt(square.mean() if kind == "image" else square.mean(0))
    deviation = np.where(deviation > 1e-12, deviation, 1.0)
    return lambda rows: (np.asarray(rows) - mean) / deviation
