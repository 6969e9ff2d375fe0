"""A chain of logistic regressions, each of which is told the labels before its own."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import ClassifierChain

from narrows.baselines.base import Matrix, Model, Options
from narrows.baselines.linear import STEPS


class Baseline:
    """A classifier chain (Read, Pfahringer, Holmes and Frank 2011), its order drawn at random.

    It learns from the true labels before each one, and predicts from those that it predicted.

    Args:
        c: inverse of the ridge penalty.
        seed: of the order.
    """

    grid: ClassVar[tuple[Options, ...]] = tuple(
        {"c": c} for c in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
    )

    def __init__(self, c: float, seed: int) -> None:
        self.c, self.seed = c, seed

    def fit(self, x: Matrix, y: np.ndarray) -> Iterator[Model]:
        """Yield the one model of all labels."""
        link = LogisticRegression(C=self.c, max_iter=STEPS)
        chain = ClassifierChain(link, order="random", random_state=self.seed).fit(x, y)
        links: list[Any] = list(chain.estimators_)
        yield Model(chain.predict_proba, sum(m.coef_.size + m.intercept_.size for m in links))
