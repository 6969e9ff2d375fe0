"""Codes by a run that was trained before, in scikit-learn's form."""

from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data

from narrows import runs
from narrows.encoding.codes import code_shape, codes_of, decoded, gives_back
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.features.base import Coder
from narrows.loading import PackedDataset
from narrows.sparse import SparseRows


class Codes(Coder):
    """Codes by a trained run, such as `Codes("runs/1f0c9a7be21d-seed0")`.

    Rows are examples as the run was trained on them, flattened: pixels from 0 to 1, or as bytes;
    columns as they were prepared. `fit` loads the run and trains nothing. Codes are float32, the
    same that `narrows encode` writes.

    Args:
        run: folder of the run, or its name.

    Attributes:
        module_: the run's encoder, decoder and task.
        n_features_in_: number d of values in an example.
    """

    def __init__(self, run: str | Path) -> None:
        self.run = run

    def fit(self, X: Any = None, y: Any = None) -> Self:  # noqa: N803
        """Load the run; of X, if it is given, the width is checked, and y is not used.

        Raises:
            UserError: if there is no such run.
            ValueError: if X has more or fewer values in a row than the run's examples.
        """
        del y
        self.module_ = load_run(runs.find(str(self.run), "run")).module.eval()
        self.n_features_in_ = self.module_.spec.size
        self._n_features_out = prod(code_shape(self.module_))
        if X is not None:
            self._rows(X, reset=False)
        return self

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that rows may be sparse, as bags of words are."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _rows(self, X: Any, reset: bool) -> Any:  # noqa: N803
        rows: Any = validate_data(
            self, X, reset=reset, dtype=[np.float32, np.uint8], accept_sparse="csr"
        )
        # Bytes stand for [0, 1] in images alone.
        return rows if self.module_.spec.kind == "image" else rows.astype(np.float32, copy=False)

    def _encode(self, rows: Any) -> np.ndarray:
        x = _sparse(rows) if issparse(rows) else torch.from_numpy(rows)
        if isinstance(x, torch.Tensor):
            x = x.unflatten(1, self.module_.spec.shape)
        data = PackedDataset.unlabelled(x)
        return torch.cat(list(codes_of(self.module_, data))).numpy()

    def _decode(self, codes: np.ndarray) -> np.ndarray:
        if not gives_back(self.module_):
            raise UserError(
                f"run={self.run}: the decoder of this run does not give examples back; use a run "
                "of task=reconstruction or denoising"
            )
        z = torch.from_numpy(codes.astype(np.float32))
        return decoded(self.module_, z).flatten(1).numpy()


def _sparse(rows: Any) -> SparseRows:
    """Take rows of a CSR matrix."""
    arrays = (rows.indptr.astype(np.int64), rows.indices, rows.data.astype(np.float32))
    return SparseRows(*map(torch.from_numpy, arrays), columns=rows.shape[1])
