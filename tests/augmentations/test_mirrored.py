"""Mirrored images: two ways, and what is above stays above."""

import pytest
import torch

from narrows.augmentations.mirror import Mirror
from narrows.errors import UserError


def test_an_image_is_mirrored_half_of_the_time():
    torch.manual_seed(0)
    image = torch.rand(3, 5, 4)
    n = 4000
    mirrored = Mirror()(image.expand(n, -1, -1, -1).clone())
    counts = [
        int((mirrored == way).flatten(1).all(1).sum()) for way in (image, image[:, :, [3, 2, 1, 0]])
    ]
    assert sum(counts) == n
    # Five standard deviations.
    assert abs(counts[0] - n / 2) < 5 * (n / 4) ** 0.5


def test_a_table_is_told():
    with pytest.raises(UserError, match="augmentation=none"):
        Mirror()(torch.zeros(3, 5))
