"""Resizing against the pictures that MATLAB has reduced, and against weights worked out by hand."""

import numpy as np
import pytest
import torch

from narrows.datasets.pictures import Pictures
from narrows.imaging.resize import enlarge, reduce, resize


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_reduced_pictures_are_the_published_ones_to_the_bit(scale, narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    data = Pictures(name="set5")
    for picture, small in zip(data.whole(), data.reduced(scale), strict=True):
        height, width = (n - n % scale for n in picture.shape[1:])
        ours = reduce(torch.from_numpy(picture[:, :height, :width].copy()) / 255, scale)
        assert np.array_equal(ours.mul(255).round().byte().numpy(), small)


def test_weights_of_factor_two_by_hand():
    # Keys' cubic at distances 1/4, 3/4, 5/4 and 7/4, on both sides, divided by 2.
    half = np.array([111, 29, -9, -3]) / 256
    assert 2 * half.sum() == 1
    line = np.zeros(24)
    line[11] = 1
    # New pixel i is centred between old ones 2 i and 2 i + 1.
    wanted = np.zeros(12)
    for new in range(12):
        distance = abs(11 - (2 * new + 0.5))
        if distance < 4:
            wanted[new] = half[int(distance)]
    result = resize(torch.from_numpy(line).expand(5, 24), down=2)
    np.testing.assert_allclose(result[1], wanted, atol=1e-12)


def test_enlarging_interpolates_cubics_exactly_inside():
    # Keys' cubic is exact for polynomials of degree 2.
    t = torch.arange(20, dtype=torch.float64)
    large = enlarge((0.3 * t**2 - t + 2).expand(4, 20), 3)[5]
    at = (torch.arange(60, dtype=torch.float64) + 0.5) / 3 - 0.5
    torch.testing.assert_close(large[9:-9], (0.3 * at**2 - at + 2)[9:-9])


def test_sizes_are_rounded_up_and_flat_pictures_stay_flat():
    x = torch.full((2, 3, 7, 1), 0.2)
    assert reduce(x, 3).shape == (2, 3, 3, 1)
    assert enlarge(x, 4).shape == (2, 3, 28, 4)
    torch.testing.assert_close(reduce(x, 4), torch.full((2, 3, 2, 1), 0.2))
    torch.testing.assert_close(enlarge(x, 2), torch.full((2, 3, 14, 2), 0.2))


def test_gradients_pass():
    x = torch.rand(1, 1, 6, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: enlarge(x, 2), x)
