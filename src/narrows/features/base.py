"""What makes of rows codes, and of codes rows, in scikit-learn's form."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

# scikit-learn takes a list, whatever its types say.
_FLOATS: Any = [np.float64, np.float32]


class Coder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """An encoder and a decoder of rows, once `fit` has made them.

    Attributes:
        n_features_in_: number d of values in a row.
    """

    _n_features_out: int

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the codes of rows: (n, d) to (n, m).

        Raises:
            ValueError: if they are no finite numbers, or more or fewer than d in a row.
        """
        check_is_fitted(self)
        return self._encode(self._rows(X, reset=False))

    def inverse_transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return what the decoder makes of codes: (n, m) to (n, d).

        Raises:
            ValueError: if they are no finite numbers, or more or fewer than m in a row.
        """
        check_is_fitted(self)
        codes: Any = check_array(X, dtype=_FLOATS)
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {codes.shape[1]} values in a row, but codes have {self._n_features_out}"
            )
        return self._decode(codes)

    def _rows(self, X: Any, reset: bool) -> Any:  # noqa: N803
        """Check rows; `reset` says to note their width and names of columns."""
        return validate_data(self, X, reset=reset, dtype=_FLOATS)

    def _encode(self, rows: Any) -> np.ndarray:
        raise NotImplementedError

    def _decode(self, codes: np.ndarray) -> np.ndarray:
        raise NotImplementedError
