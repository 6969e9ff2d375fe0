"""Support vector machines, one for each label, with a linear or a Gaussian kernel."""

from collections.abc import Callable, Iterator
from typing import ClassVar

import numpy as np
from scipy.special import expit
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.svm import SVC

from narrows.baselines.base import Matrix, Model, Options, shape

Kernel = Callable[[Matrix, Matrix], np.ndarray]


class Baseline:
    """scikit-learn's SVC, label by label, on one matrix of kernel values.

    The decision f is turned into a score by 1 / (1 + exp(-f)): that keeps its order, and 1/2 stands
    for f = 0. It is no probability.

    Args:
        kernel: "linear", xᵀx' divided by the mean of ‖x‖², or "gaussian", exp(-γ ‖x - x'‖²) with
            1/γ being d times the variance of all values of x.
        c: inverse of the penalty on the weights.
        seed: of nothing; the problem is convex.
    """

    grid: ClassVar[tuple[Options, ...]] = (
        *({"kernel": "linear", "c": c} for c in (0.1, 1.0, 10.0)),
        *({"kernel": "gaussian", "c": c} for c in (1.0, 10.0, 100.0)),
    )

    def __init__(self, kernel: str, c: float, seed: int) -> None:
        self.kernel, self.c = kernel, c

    def fit(self, x: Matrix, y: np.ndarray) -> Iterator[Model]:
        """Yield the one model of all labels."""
        d = shape(x)[1]
        square, mean = float((x * x).mean()), float(x.mean())
        kernel = self._kernel(d * square, d * (square - mean**2))
        gram = kernel(x, x)
        fitted = [SVC(kernel="precomputed", C=self.c).fit(gram, column) for column in y.T]

        def predict(others: Matrix) -> np.ndarray:
            rows = kernel(others, x)
            return expit(np.stack([model.decision_function(rows) for model in fitted], 1))

        yield Model(predict, self._weights(fitted, d))

    def _kernel(self, norm: float, variance: float) -> Kernel:
        """Return the kernel, given the mean of ‖x‖² and what it is about the mean of all values."""
        if self.kernel == "linear":
            return lambda a, b: linear_kernel(a, b) / (norm or 1.0)
        return lambda a, b: rbf_kernel(a, b, gamma=1 / (variance or 1.0))

    def _weights(self, fitted: list[SVC], d: int) -> int:
        """Return how many numbers are kept: a linear machine is w and b, another its vectors."""
        if self.kernel == "linear":
            return len(fitted) * (d + 1)
        vectors = set(np.concatenate([model.support_ for model in fitted]).tolist())
        return len(vectors) * d + sum(len(model.support_) + 1 for model in fitted)
