"""Scores against formulas written out, and the threshold against what it promises."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal
from sklearn.linear_model import Ridge

from narrows.errors import UserError
from narrows.outliers.scores import Density, scoring
from narrows.outliers.threshold import threshold_of


@pytest.fixture(scope="module")
def codes():
    """Codes of training examples of very different widths, one of them constant, and new ones."""
    rng = np.random.default_rng(0)
    width = np.array([1.0, 100.0, 0.01, 0.0])
    return rng.normal(size=(80, 4)) * width + 7, 2 * rng.normal(size=(9, 4)) * width + 7


def standardized(train, new):
    scale = np.where(train.std(0) > 0, train.std(0), 1)
    return (train - train.mean(0)) / scale, (new - train.mean(0)) / scale


def to_planes(train, new):
    """Distances to planes, one by one, by the formula of a ridge regression on √n neighbours."""
    found = []
    for z, row in zip(new, cdist(new, train), strict=True):
        v = train[np.argsort(row, kind="stable")[: round(len(train) ** 0.5)]]
        mean, v = v.mean(0), v - v.mean(0)
        a = Ridge((v**2).sum() / len(v), fit_intercept=False).fit(v.T, z - mean).coef_
        found.append(np.linalg.norm(z - mean - a @ v))
    return np.array(found)


def test_distance_is_that_to_the_plane_of_the_nearest_codes(codes):
    train, new = codes
    ours = scoring("distance", train, np.zeros(80))(new, np.zeros(9))
    np.testing.assert_allclose(ours, to_planes(train, new), rtol=1e-5)


def test_a_code_off_the_plane_is_farther_than_one_between_the_others():
    rng = np.random.default_rng(5)
    train = rng.normal(size=(200, 3)) * [1, 1, 0]
    on, off = scoring("distance", train, np.zeros(200))(
        np.diag([0.5, 0.5, 0.5])[[0, 2]], np.zeros(2)
    )
    assert off == pytest.approx(0.5, abs=0.1)
    assert on < off / 2


def test_density_of_few_codes_is_one_gaussian(codes):
    train, new = codes
    a, b = standardized(train, new)
    gaussian = multivariate_normal(a.mean(0), np.cov(a.T, bias=True) + 0.01 * np.eye(4))
    ours = scoring("density", train, np.zeros(80))(new, np.zeros(9))
    np.testing.assert_allclose(ours, -gaussian.logpdf(b), rtol=1e-6)


def test_density_finds_the_gap_between_groups():
    rng = np.random.default_rng(1)
    train = np.concatenate([rng.normal(-5, 1, (400, 2)), rng.normal(5, 1, (400, 2))])
    gap, group = Density(train)(np.array([[0.0, 0.0], [5.0, 5.0]]), np.zeros(2))
    assert gap > group + 5


def test_combined_adds_errors_and_squared_distances_in_units_of_training(codes):
    train, new = codes
    rng = np.random.default_rng(2)
    errors, theirs = rng.random(80), rng.random(9)
    among = [to_planes(np.delete(train, i, 0), train[i : i + 1])[0] for i in range(80)]
    unit = np.median(np.square(among))
    wanted = theirs / np.median(errors) + to_planes(train, new) ** 2 / unit
    np.testing.assert_allclose(scoring("combined", train, errors)(new, theirs), wanted, rtol=1e-5)


def test_equal_training_examples_give_no_infinite_score():
    train = np.zeros((30, 2))
    for score in ("distance", "density", "combined"):
        assert np.isfinite(scoring(score, train, np.zeros(30))(np.ones((1, 2)), np.ones(1))).all()


def test_too_few_training_examples_are_told():
    for score, n in (("distance", 2), ("combined", 2), ("density", 1)):
        with pytest.raises(UserError, match="training example"):
            scoring(score, np.zeros((n, 2)), np.zeros(n))


@pytest.mark.parametrize(("n", "share"), [(19, 0.05), (57, 0.05), (100, 0.1), (100, 0.013)])
def test_normal_examples_are_above_as_often_as_asked(n, share):
    rng = np.random.default_rng(3)
    # Heavy tails: whatever the distribution, the rate is that of the places.
    draws = rng.standard_cauchy((4000, n + 1))
    rate = np.mean([row[-1] > threshold_of(row[:-1], share) for row in draws])
    error = 4 * np.sqrt(share / len(draws))
    assert share - 1 / (n + 1) - error < rate < share + error


def test_the_rate_is_exact_over_all_orders():
    # Of 20 numbers each is the new one once: one of them, the largest, is above.
    values = np.random.default_rng(4).permutation(20.0 * np.arange(20))
    above = [v > threshold_of(np.delete(values, i), 0.05) for i, v in enumerate(values)]
    assert sum(above) == 1


def test_too_few_normal_examples_are_told():
    threshold_of(np.arange(19.0), 0.05)
    with pytest.raises(UserError, match=r"false_alarms=0\.05 takes 19 normal examples.* has 18"):
        threshold_of(np.arange(18.0), 0.05)
