"""Turned images: the eight ways of a square, and no others."""

import pytest
import torch

from narrows.augmentations.turns import Turns
from narrows.errors import UserError


def test_all_eight_ways_occur_and_are_equally_frequent():
    torch.manual_seed(0)
    image = torch.rand(3, 5, 5)
    n = 4000
    turned = Turns()(image.expand(n, -1, -1, -1).clone())
    ways = [way.rot90(k, (1, 2)) for way in (image, image.flip(2)) for k in range(4)]
    counts = [int((turned == way).flatten(1).all(1).sum()) for way in ways]
    assert sum(counts) == n
    # Five standard deviations.
    assert max(abs(c - n / 8) for c in counts) < 5 * (n / 8 * 7 / 8) ** 0.5


def test_an_image_that_is_not_square_keeps_its_shape():
    torch.manual_seed(0)
    x = torch.rand(1, 1, 3, 4).expand(40, -1, -1, -1)
    assert len({tuple(image.flatten().tolist()) for image in Turns()(x)}) == 4


def test_a_table_is_told():
    with pytest.raises(UserError, match="augmentation=none"):
        Turns()(torch.zeros(3, 5))
