"""A mixture of Gaussians: planted groups, and the likelihood of scipy's density."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from narrows.generating.mixture import Mixture

MEANS = np.array([[0, 0, 0], [30, 0, 0], [0, 40, 0], [0, 0, 50.0]])
SHARES = [0.4, 0.3, 0.2, 0.1]


def groups(n, seed):
    rng = np.random.default_rng(seed)
    return MEANS[rng.choice(4, n, p=SHARES)] + rng.normal(size=(n, 3)) * [1, 2, 0.5]


@pytest.fixture(scope="module")
def planted():
    return Mixture(groups(1500, 0), groups(400, 1), 0)


def test_planted_groups_are_found(planted):
    assert planted.components == 4
    assert list(planted.likelihoods) == [1, 2, 4, 8]
    z = planted(4000, np.random.default_rng(2))
    nearest = np.square(z[:, None] - MEANS).sum(2).argmin(1)
    for group, share in enumerate(SHARES):
        own = z[nearest == group]
        assert len(own) / len(z) == pytest.approx(share, abs=0.04)
        assert own.mean(0) == pytest.approx(MEANS[group], abs=0.5)
        assert own.std(0) == pytest.approx([1, 2, 0.5], rel=0.25, abs=0.5)


def test_samples_are_not_sorted_by_component(planted):
    z = planted(1000, np.random.default_rng(3))
    first, last = ((part[:, 2] > 25).mean() for part in (z[:500], z[500:]))
    assert first == pytest.approx(0.1, abs=0.06)
    assert last == pytest.approx(0.1, abs=0.06)


def test_one_component_has_the_likelihood_of_one_gaussian(planted):
    train, val = groups(1500, 0), groups(400, 1)
    u, v = (planted.whitening.whitened(x) for x in (train, val))
    density = multivariate_normal(u.mean(0), np.cov(u.T, bias=True) + 1e-3 * np.eye(3))
    assert planted.likelihoods[1] == pytest.approx(density.logpdf(v).mean(), rel=1e-6)


def test_what_is_drawn_is_a_function_of_the_seed(planted):
    again = Mixture(groups(1500, 0), groups(400, 1), 0)
    draws = [m(9, np.random.default_rng(s)) for m, s in ((planted, 4), (again, 4), (again, 5))]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[1], draws[2])


def test_few_codes_make_one_gaussian():
    assert list(Mixture(groups(12, 0), groups(5, 1), 0).likelihoods) == [1]
