"""Ways to draw codes: where their codes lie."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from narrows.generating.ways import Neighbours, gaussian, interpolate, noise, normal
from narrows.generating.whitening import Whitening

K = 3


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def codes():
    """A narrow and a wide group, far apart."""
    narrow, wide = rng(1).normal(size=(2, 60, 4))
    return np.concatenate([0.01 * narrow, 20 * wide + 500])


def farthest(codes):
    """The distance of each code's K-th nearest other one."""
    return np.sort(cdist(codes, codes), axis=1)[:, K]


def test_interpolation_is_on_a_line_between_a_code_and_a_near_one(codes):
    order = np.argsort(cdist(codes, codes), axis=1)
    pairs = [(i, j) for i in range(len(codes)) for j in order[i, 1 : K + 1]]
    a, b = (codes[list(rows)] for rows in zip(*pairs, strict=True))
    length = np.linalg.norm(b - a, axis=1)
    places = []
    for z in interpolate(Neighbours(codes, K))(200, rng()):
        # On a segment the ways to its ends add up to its length.
        ways = np.linalg.norm(z - a, axis=1), np.linalg.norm(z - b, axis=1)
        off = (ways[0] + ways[1]) / length - 1
        assert off.min() < 1e-9
        places.append(ways[0][off.argmin()] / length[off.argmin()])
    # Anywhere between the ends: a uniform place has mean 1/2 and deviation 1/√12.
    assert np.mean(places) == pytest.approx(0.5, abs=4 / np.sqrt(12 * 200))
    assert np.std(places) == pytest.approx(1 / np.sqrt(12), rel=0.1)


def test_noise_is_as_long_as_the_way_to_the_neighbours(codes):
    n = 4000
    z = noise(Neighbours(codes, K))(n, rng())
    for group in (slice(0, 60), slice(60, 120)):
        own = z[:, 0] < 250 if group.start == 0 else z[:, 0] > 250
        # Of E ‖z − μ‖², what the codes' own spread does not explain is the noise.
        reach = np.square(farthest(codes)[group]).mean()
        spread = np.square(codes[group] - codes[group].mean(0)).sum(1).mean()
        found = np.square(z[own] - codes[group].mean(0)).sum(1).mean()
        assert own.mean() == pytest.approx(0.5, abs=0.05)
        assert found == pytest.approx(spread + reach, rel=0.1)


def test_noise_of_one_code_has_the_mean_square_length_of_that_way():
    # Equal codes but one: only that one is changed, by noise of d² in the mean square.
    codes = np.zeros((4, 5))
    codes[3, 0] = 7.0
    z = noise(Neighbours(codes, 2))(8000, rng())
    moved = z[np.abs(z).sum(1) > 0]
    assert len(moved) == pytest.approx(2000, abs=200)
    length = np.square(moved - codes[3]).sum(1).mean()
    assert length == pytest.approx(49, rel=4 * np.sqrt(2 / 5 / len(moved)))


def test_a_gaussian_has_the_codes_mean_and_covariance():
    codes = rng(2).normal(size=(90, 3)) @ rng(3).normal(size=(3, 4)) + 5
    # The last value is constant, and the others lie in three directions.
    codes = np.concatenate([codes, np.full((90, 1), 3.0)], 1)
    z = gaussian(codes)(200_000, rng())
    assert z.mean(0) == pytest.approx(codes.mean(0), abs=0.03)
    assert np.cov(z.T) == pytest.approx(np.cov(codes.T, bias=True), abs=0.3)
    assert np.linalg.matrix_rank(z - z.mean(0), tol=1e-6) == 3


def test_the_normal_density_knows_nothing_of_the_codes():
    z = normal(3)(100_000, rng())
    assert z.mean(0) == pytest.approx(np.zeros(3), abs=0.02)
    assert np.cov(z.T) == pytest.approx(np.eye(3), abs=0.02)


def test_whitened_codes_have_covariance_i_and_come_back():
    codes = rng(4).normal(size=(70, 5)) @ rng(5).normal(size=(5, 5)) * 1e3 + 9
    whitening = Whitening.of(codes)
    u = whitening.whitened(codes)
    assert u.mean(0) == pytest.approx(np.zeros(5), abs=1e-9)
    assert np.cov(u.T, bias=True) == pytest.approx(np.eye(5), abs=1e-9)
    assert whitening.codes(u) == pytest.approx(codes)
    two = Whitening.of(codes, 2)
    values = np.linalg.eigvalsh(np.cov(codes.T))
    assert two.kept == pytest.approx(values[-2:].sum() / values.sum())
    assert two.whitened(codes).shape == (70, 2)


def test_codes_that_are_all_alike_stay_so():
    z = gaussian(np.full((5, 3), 2.0))(4, rng())
    assert z == pytest.approx(np.full((4, 3), 2.0))
