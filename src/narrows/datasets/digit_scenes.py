"""Scenes of one to four handwritten digits; the labels say which digits are present."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from narrows.datasets.base import Dataset, Part, Parts
from narrows.datasets.digits import CLASSES, SIZE, Digits
from narrows.spec import Spec

# Each digit gets a quadrant of its own and stands anywhere within it.
_CELL = 10
_SIDE = 2 * _CELL


@dataclass(frozen=True)
class DigitScenes(Dataset):
    """Images of 20 x 20 pixels, composed from scikit-learn's digits.

    The scenes of a part are made from digits of that part alone: no handwritten digit of a test
    scene was seen in training.

    Attributes:
        train: number of training scenes.
        val: number of validation scenes.
        test: number of test scenes.
        seed: of the composition, and of the split of digits.
    """

    train: PositiveInt = 8000
    val: PositiveInt = 1000
    test: PositiveInt = 2000
    seed: NonNegativeInt = 0

    def spec(self) -> Spec:
        """Return the shape (1, 20, 20) and the ten digits as labels."""
        return Spec((1, _SIDE, _SIDE), CLASSES, "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return (
            f"scenes composed with seed {self.seed}; the digits themselves are split first "
            f"({Digits(self.seed).split_rule}), so that no digit is in scenes of two parts"
        )

    def load(self, work: Path) -> Parts:
        """Return the three parts."""
        sizes = {"train": self.train, "val": self.val, "test": self.test}
        return {
            part: _compose(images, classes, sizes[part], [self.seed, number])
            for number, (part, (images, classes)) in enumerate(Digits(self.seed).images().items())
        }


def _compose(images: np.ndarray, classes: np.ndarray, n: int, seed: list[int]) -> Part:
    """Draw n scenes: how many digits, which, in which quadrants and where in them."""
    rng = np.random.Generator(np.random.PCG64(seed))
    shown = np.arange(4) < rng.integers(1, 5, size=n)[:, None]
    chosen = rng.integers(len(images), size=(n, 4))
    quadrant = rng.permuted(np.tile(np.arange(4), (n, 1)), axis=1)
    offset = rng.integers(_CELL - SIZE + 1, size=(n, 4, 2))
    x = np.zeros((n, 1, _SIDE, _SIDE), np.uint8)
    y = np.zeros((n, len(CLASSES)), np.uint8)
    for slot in range(4):
        scene = np.flatnonzero(shown[:, slot])
        top = quadrant[scene, slot] // 2 * _CELL + offset[scene, slot, 0]
        left = quadrant[scene, slot] % 2 * _CELL + offset[scene, slot, 1]
        rows = top[:, None, None] + np.arange(SIZE)[:, None]
        columns = left[:, None, None] + np.arange(SIZE)
        x[scene[:, None, None], 0, rows, columns] = images[chosen[scene, slot]]
        y[scene, classes[chosen[scene, slot]]] = 1
    return Part(x, y)
