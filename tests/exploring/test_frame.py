"""Codes on the map: every place has one code, and every code its place."""

import numpy as np
import pytest

from narrows.exploring.frame import Frame


def codes(scale=1.0):
    rng = np.random.default_rng(0)
    return rng.normal(size=(500, 2)) ** 3 @ np.array([[3, 1], [0.5, 0.2]]) * scale + 7


@pytest.mark.parametrize("scale", [1e-4, 1, 1e4])
def test_grid_points_lie_where_they_should(scale):
    frame = Frame.of(codes(scale), 9)
    down, right = np.mgrid[:9, :9] / 8
    places = frame.places(frame.grid().reshape(-1, 2)).reshape(9, 9, 2)
    assert places == pytest.approx(np.stack([right, down], -1), abs=1e-6)


def test_most_examples_are_inside_and_spread():
    places = Frame.of(codes(), 33).places(codes())
    assert ((places >= 0) & (places <= 1)).all()
    assert ((places > 0) & (places < 1)).all(1).mean() > 0.97
    # Less crowded than on axes that are scaled alone.
    centred = codes() - codes().mean(0)
    plain = centred @ np.linalg.svd(centred, full_matrices=False)[2].T
    for along, values in zip(places.T, plain.T, strict=True):
        crowds = [np.histogram(x, 5)[0].max() for x in (along, values)]
        assert crowds[0] < 0.8 * crowds[1]


def test_codes_that_are_all_alike_have_places():
    places = Frame.of(np.ones((10, 2)), 5).places(np.ones((3, 2)))
    assert np.isfinite(places).all()
