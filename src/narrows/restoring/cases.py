"""What restoration is measured on: pictures of published sets, whole, and what is made of them."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from narrows.datasets.pictures import Pictures
from narrows.imaging.lab import to_lab
from narrows.imaging.luma import grey
from narrows.randomness import derive, set_seed
from narrows.restoring.measure import Pair
from narrows.tasks.colourization import grey_of

Set = Literal["t91", "set5", "set14", "bsd100"]
Corruption = Callable[[Tensor], Tensor]


def corrupted(
    name: Set, corruption: Corruption, channels: Literal[1, 3] = 1, seed: int = 0
) -> list[Pair]:
    """Return pictures as a corruption leaves them, and as they were.

    Args:
        name: of the set.
        corruption: one of the group's; it is given one picture at a time.
        channels: 1 for grey.
        seed: of what is random, which is drawn anew for each picture.
    """
    pairs = []
    for number, picture in enumerate(Pictures(name=name, channels=channels).whole()):
        true = to_floats(picture)
        set_seed(derive(seed, "restore", number), true.device)
        pairs.append(Pair(corruption(true), true))
    return pairs


def super_resolution(name: Set, scale: int) -> list[Pair]:
    """Return the Y' of reduced pictures, as published beside the set, and of the whole ones.

    Y' is from 0 to 1 and not rounded; the whole ones are cropped to a multiple of the scale.
    """
    data = Pictures(name=name, channels=3)
    pairs = []
    for small, picture in zip(data.reduced(scale), data.whole(), strict=True):
        height, width = (n - n % scale for n in picture.shape[1:])
        true = to_floats(picture[:, :height, :width])
        pairs.append(Pair(grey(to_floats(small)), grey(true)))
    return pairs


def colourization(name: Set) -> list[Pair]:
    """Return grey pictures with the lightness of coloured ones, and these."""
    pairs = []
    for picture in Pictures(name=name, channels=3).whole():
        true = to_floats(picture)
        pairs.append(Pair(grey_of(to_lab(true)), true))
    return pairs


def to_floats(picture: np.ndarray) -> Tensor:
    """Return a picture, (C, H, W) uint8, as (1, C, H, W) from 0 to 1."""
    return torch.from_numpy(picture.copy())[None].float() / 255
