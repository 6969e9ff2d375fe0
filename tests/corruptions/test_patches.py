"""Masked patches: which pixels, how many, and what stands in their place."""

import pytest
import torch

from narrows.corruptions.patches import Patches
from narrows.errors import UserError


@pytest.mark.parametrize(("fraction", "hidden"), [(0.25, 3), (0.5, 6), (0.75, 9), (1.0, 12)])
def test_whole_squares_are_hidden_and_as_many_in_each_image(fraction, hidden):
    torch.manual_seed(0)
    x = torch.rand(50, 3, 12, 16) + 1
    changed = (Patches(fraction, size=4)(x) != x).view(50, 3, 3, 4, 4, 4)
    squares = changed.permute(0, 2, 4, 1, 3, 5).reshape(50, 12, -1)
    assert squares.any(2).equal(squares.all(2)), "a square is hidden as a whole, in all channels"
    assert squares.any(2).sum(1).tolist() == [hidden] * 50


def test_squares_are_hidden_equally_often():
    torch.manual_seed(0)
    x = torch.rand(4000, 1, 6, 6)
    often = (Patches(0.5, size=3)(x) != x).float().mean((0, 1))
    # Five standard errors.
    assert (often - 0.5).abs().max() < 5 * 0.5 / 4000**0.5


def test_hidden_values_are_the_mean_of_what_is_seen():
    torch.manual_seed(0)
    x = torch.rand(20, 3, 10, 7)
    masked = Patches(0.6, size=3)(x)
    for image, clean in zip(masked, x, strict=True):
        for channel, before in zip(image, clean, strict=True):
            hidden = channel != before
            mean = before[~hidden].mean().expand(int(hidden.sum()))
            torch.testing.assert_close(channel[hidden], mean)


def test_what_is_hidden_leaves_no_trace():
    x = torch.rand(8, 1, 8, 8)
    torch.manual_seed(0)
    masked = Patches(0.5)(x)
    hidden = masked != x
    torch.manual_seed(0)
    assert Patches(0.5)(torch.where(hidden, 1 - x, x)).equal(masked)


def test_a_table_has_no_patches():
    with pytest.raises(UserError, match="corruption=masking"):
        Patches()(torch.zeros(3, 5))
