"""Jitter against affine maps of scipy, and where it is used."""

import numpy as np
import pytest
import torch
from helpers import run, small_config
from scipy.ndimage import affine_transform

from narrows.augmentations.jitter import Jitter
from narrows.build import validate
from narrows.errors import UserError


def smooth(n, height, width):
    """Return images with a broad bump each, so that all ways of interpolating agree."""
    rows, columns = np.mgrid[:height, :width]
    centres = np.random.default_rng(0).uniform(0.4, 0.6, (n, 2, 1, 1)) * [[[height]], [[width]]]
    distance = (rows - centres[:, :1]) ** 2 + (columns - centres[:, 1:]) ** 2
    return torch.from_numpy(np.exp(-distance / 18)).float()


def test_images_are_moved_by_the_maps_that_were_drawn():
    x = smooth(20, 24, 16)
    jitter = Jitter(share=1, linear=0.1, shift=1)
    torch.manual_seed(0)
    y = jitter(x)
    torch.manual_seed(0)
    maps = jitter._maps(20, 24, 16).double().numpy()
    # From coordinates (column, row) in −1 … 1 to places (row, column) in pixels.
    scale, middle = np.array([12, 8]), np.array([11.5, 7.5])
    for image, moved, drawn in zip(x[:, 0], y[:, 0], maps, strict=True):
        matrix = drawn[::-1, 1::-1] * scale[:, None] / scale
        offset = drawn[::-1, 2] * scale + middle - matrix @ middle
        source = image.double().numpy()
        expected = affine_transform(source, matrix, offset, order=3, mode="grid-constant")
        np.testing.assert_allclose(moved, expected, atol=0.02)
    assert (y - x).abs().max() > 0.2


def test_a_share_of_the_batch_is_changed_and_values_stay_in_range():
    torch.manual_seed(0)
    x = torch.rand(10, 3, 8, 6).round()
    kept = x.clone()
    y = Jitter(share=0.7)(x)
    assert x.equal(kept)
    assert [bool((a != b).any()) for a, b in zip(x, y, strict=True)] == [True] * 7 + [False] * 3
    assert y.min() >= 0
    assert y.max() <= 1
    assert Jitter(share=0)(x).equal(x)


def test_only_images_are_jittered():
    with pytest.raises(UserError, match="augmentation=none"):
        Jitter()(torch.zeros(3, 5))


def test_training_alone_is_augmented(digits_folder, tmp_path, monkeypatch):
    seen = []

    def watched(self, x):
        seen.append(len(x))
        return x

    monkeypatch.setattr(Jitter, "__call__", watched)
    config = small_config("augmentation=jitter", "batch_size=50")
    config |= {"steps_per_epoch": 5}
    validate(config)
    assert seen == [2]
    run(config, digits_folder, tmp_path / "run")
    assert seen[1:] == [50] * 5
