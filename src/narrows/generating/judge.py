"""What samples are worth beside the test part, and which of them are copies."""

from typing import NamedTuple

import numpy as np
from sklearn.neighbors import NearestNeighbors

from narrows.errors import UserError
from narrows.generating.frechet import frechet_distance
from narrows.generating.manifolds import NEIGHBOURS, precision_recall
from narrows.randomness import derive

# Samples are called copies if they are as near to a training example as this share of the test
# examples, at most, are.
COPIES = 0.01


class Nearest(NamedTuple):
    """The nearest training example of each sample.

    Attributes:
        distances: (n,) to it, in the space of features.
        rows: (n,) of the training part.
    """

    distances: np.ndarray
    rows: np.ndarray


class Measures(NamedTuple):
    """What one draw of samples is worth.

    Attributes:
        frechet: squared Fréchet distance to test examples.
        precision: share of samples that lie among test examples.
        recall: share of test examples that lie among samples.
        copies: share of samples that are nearer to a training example than is usual.
        distance: median of the distances to the nearest training example.
    """

    frechet: float
    precision: float
    recall: float
    copies: float
    distance: float


def compared(test: int, number: int) -> int:
    """Return how many samples are compared with as many test examples.

    Args:
        test: how many examples the test part has, of which half are compared with.
        number: of samples.

    Raises:
        UserError: if that is too few.
    """
    size, least = min(number, test // 2), NEIGHBOURS + 1
    if size < least:
        raise UserError(
            f"samples are compared with half of the test part, which has {test} examples; "
            f"give number={least} or more, and a test part of {2 * least} or more"
        )
    return size


class Judge:
    """Compares features of samples with those of test examples.

    In each draw the test part is split at random into two halves: samples are compared with one;
    what is made of the other one has no advantage over samples then.

    Args:
        train: features of the training examples, (n, f).
        test: features of the test examples, (n', f).
        size: how many samples are compared with as many test examples, n' / 2 at most.
        seed: of the halves.

    Attributes:
        size: the same.
        usual: of the test examples, their nearest training examples.
        threshold: distance to a training example up to which a sample is called a copy.
    """

    def __init__(self, train: np.ndarray, test: np.ndarray, size: int, seed: int) -> None:
        self.size = size
        self._train, self._test, self._seed = train, test, seed
        self._nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(train)
        self.usual = self.nearest(test)
        self.threshold = float(np.quantile(self.usual.distances, COPIES))

    def nearest(self, samples: np.ndarray) -> Nearest:
        """Return the nearest training example of each sample, (n, f)."""
        rows = self._nearest.kneighbors(samples, return_distance=False)[:, 0]
        # The search rounds: an example would not be at a distance of 0 from itself.
        return Nearest(np.linalg.norm(samples - self._train[rows], axis=1), rows)

    def halves(self, draw: int) -> tuple[np.ndarray, np.ndarray]:
        """Return rows of the test part to compare with in a draw, and as many other ones."""
        rng = np.random.default_rng(derive(self._seed, "halves", draw))
        order = rng.permutation(len(self._test))
        return order[: self.size], order[len(order) - self.size :]

    def measure(self, samples: np.ndarray, draw: int) -> Measures:
        """Measure the first `size` samples, (n, f), against the test part's half."""
        some = samples[: self.size]
        real = self._test[self.halves(draw)[0]]
        distances = self.nearest(some).distances
        return Measures(
            frechet_distance(some.astype(np.float64), real.astype(np.float64)),
            *precision_recall(real, some),
            float((distances <= self.threshold).mean()),
            float(np.median(distances)),
        )
