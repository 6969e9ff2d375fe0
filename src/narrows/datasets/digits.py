"""scikit-learn's handwritten digits: 1,797 images of 8 x 8 pixels that need no download."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import NonNegativeInt

from narrows.datasets.base import Dataset, Part, Parts
from narrows.datasets.splits import one_hot, shuffled
from narrows.spec import Spec

CLASSES = tuple(map(str, range(10)))
SIZE = 8
_VAL, _TEST = 297, 500


@dataclass(frozen=True)
class Digits(Dataset):
    """Each image has one of 10 labels, the digit that it shows.

    Attributes:
        split_seed: which images are for training (1000), validation (297) and test (500).
    """

    split_seed: NonNegativeInt = 0

    def spec(self) -> Spec:
        """Return the shape (1, 8, 8) and the ten digits as labels."""
        return Spec((1, SIZE, SIZE), CLASSES, "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return f"random with seed {self.split_seed}: 1000 train, {_VAL} val, {_TEST} test"

    def load(self, work: Path) -> Parts:
        """Return the three parts."""
        return {
            part: Part(images[:, None], one_hot(classes, 10))
            for part, (images, classes) in self.images().items()
        }

    def images(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return for each part images, (n, 8, 8) uint8 in 0..255, and their digits, (n,)."""
        from sklearn.datasets import load_digits

        values, classes = load_digits(return_X_y=True)
        images = np.round(values.reshape(-1, SIZE, SIZE) * (255 / 16)).astype(np.uint8)
        order = shuffled(len(images), self.split_seed)
        cuts = np.split(order, [len(order) - _VAL - _TEST, len(order) - _TEST])
        return {
            part: (images[chosen], classes[chosen])
            for part, chosen in zip(("train", "val", "test"), cuts, strict=True)
        }
