"""One-vs-rest logistic regression: a linear model for each label."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from sklearn.linear_model import LogisticRegression

from narrows.baselines.base import Matrix, Model, Options

# Of L-BFGS; the problems are well scaled, and few need a tenth of it.
STEPS = 2000


class Baseline:
    """scikit-learn's LogisticRegression, label by label.

    Args:
        c: inverse of the ridge penalty.
        seed: of nothing; the problem is convex.
    """

    grid: ClassVar[tuple[Options, ...]] = tuple(
        {"c": c} for c in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
    )

    def __init__(self, c: float, seed: int) -> None:
        self.c = c

    def fit(self, x: Matrix, y: np.ndarray) -> Iterator[Model]:
        """Yield the one model of all labels."""
        fitted = [LogisticRegression(C=self.c, max_iter=STEPS).fit(x, column) for column in y.T]
        yield Model(
            lambda x: np.stack([model.predict_proba(x)[:, 1] for model in fitted], 1),
            sum(model.coef_.size + model.intercept_.size for model in fitted),
        )
