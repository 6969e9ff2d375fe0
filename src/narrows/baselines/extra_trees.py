"""Extremely randomized trees, each for all labels at once."""

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from narrows.baselines.base import Matrix, Model, Options

TREES = 100
# What the nodes of trees that are held at once may take: each has two floats for each label.
_BYTES = 1 << 28


class Baseline:
    """scikit-learn's ExtraTreesClassifier (Geurts, Ernst and Wehenkel 2006), 100 trees.

    Args:
        features: share of the features that a split is chosen from, or "sqrt".
        leaf: examples in a leaf, at least.
        seed: of features and thresholds.
    """

    grid: ClassVar[tuple[Options, ...]] = tuple(
        {"features": features, "leaf": leaf} for features in ("sqrt", 0.1, 0.3) for leaf in (1, 3)
    )

    def __init__(self, features: float | str, leaf: int, seed: int) -> None:
        self.features: Any = features
        self.leaf, self.seed = leaf, seed

    def fit(self, x: Matrix, y: np.ndarray) -> Iterator[Model]:
        """Yield forests of equal size, one if it is not too large."""
        count = _forests(len(y), y.shape[1])
        for number in range(count):
            forest = ExtraTreesClassifier(
                TREES // count,
                max_features=self.features,
                min_samples_leaf=self.leaf,
                random_state=(self.seed + number) % 2**32,
            ).fit(x, y[:, 0] if y.shape[1] == 1 else y)
            yield Model(partial(_predict, forest), _weights(forest))


def _forests(n: int, k: int) -> int:
    """Return into how many forests, a divisor of TREES, the trees are divided."""
    trees = max(_BYTES // (2 * n * k * 16), 1)
    divisors = [count for count in range(1, TREES + 1) if TREES % count == 0]
    return next(count for count in divisors if count * trees >= TREES)


def _predict(forest: ExtraTreesClassifier, x: Matrix) -> np.ndarray:
    found = forest.predict_proba(x)
    labels = found if isinstance(found, list) else [found]
    return np.stack([label[:, 1] for label in labels], 1)


def _weights(forest: ExtraTreesClassifier) -> int:
    """Return a feature and a threshold for each split, a value for each label and leaf."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    leaves = sum(tree.n_leaves for tree in trees)
    return 2 * (sum(tree.node_count for tree in trees) - leaves) + leaves * trees[0].n_outputs
