"""Warped images against scipy, and what stays as it is."""

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicHermiteSpline
from scipy.ndimage import map_coordinates

from narrows.corruptions.warp import Warp, _between
from narrows.errors import UserError


def test_each_pixel_is_read_where_map_and_field_say():
    x = torch.rand(6, 2, 20, 14, generator=torch.Generator().manual_seed(0))
    warp = Warp(linear=0.1, shift=1, bend=1, knots=4)
    torch.manual_seed(0)
    y = warp(x)
    torch.manual_seed(0)
    maps, field = warp._maps(x).numpy(), warp._field(x).numpy()
    rows, columns = np.mgrid[:20, :14]
    # Coordinates (across, down) of pixels' middles, from −1 to 1.
    places = np.stack([(2 * columns + 1) / 14 - 1, (2 * rows + 1) / 20 - 1, np.ones((20, 14))])
    for image, warped, drawn, moved in zip(x.numpy(), y.numpy(), maps, field, strict=True):
        across, down = np.tensordot(drawn, places, 1) + moved.transpose(2, 0, 1)
        sources = [((down + 1) * 20 - 1) / 2, ((across + 1) * 14 - 1) / 2]
        for channel, expected in zip(warped, image, strict=True):
            found = map_coordinates(expected, sources, order=1, mode="grid-constant")
            np.testing.assert_allclose(channel, found, atol=1e-4)


def test_the_field_is_cubic_between_knots():
    knots = np.random.default_rng(0).standard_normal(6)
    between = _between(6, 31).numpy() @ knots
    np.testing.assert_allclose(between[::6], knots, atol=1e-6)
    # Cubic convolution with a = −3/4: slopes at inner knots are 3/4 of the neighbours' difference.
    slopes = np.gradient(knots) * 1.5
    spline = CubicHermiteSpline(np.arange(6), knots, slopes)
    inner = np.arange(6, 25)
    np.testing.assert_allclose(between[inner], spline(inner / 6), atol=1e-6)


def test_displacements_are_of_the_size_that_is_asked_for():
    torch.manual_seed(0)
    x = torch.zeros(4000, 1, 9, 17)
    field = Warp(bend=2, knots=5)._field(x) / torch.tensor([2 / 17, 2 / 9])
    assert float(field[:, ::2, ::4].std()) == pytest.approx(2, rel=0.02)
    shift = Warp(linear=0, shift=3)._maps(x)[..., 2] / torch.tensor([2 / 17, 2 / 9])
    assert float(shift.std()) == pytest.approx(3, rel=0.03)
    kept = torch.rand(3, 1, 8, 8)
    torch.testing.assert_close(Warp(linear=0, shift=0, bend=0)(kept), kept, atol=1e-6, rtol=0)


def test_only_images_are_warped():
    with pytest.raises(UserError, match="corruption=swap"):
        Warp()(torch.zeros(3, 5))
