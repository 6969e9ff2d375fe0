"""Correlation and mutual information of codes and labels, against NumPy and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from narrows.interpreting.association import (
    BINS,
    associate,
    mutual_information,
    quantile_bins,
)

N = 4000


@pytest.fixture(scope="module")
def drawn():
    """Codes of five units, and three labels: one by unit 0, one by |unit 1|, one by none."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(N, 5))
    z[:, 4] = 3.0
    y = np.stack([z[:, 0] + rng.normal(size=N) > 0, np.abs(z[:, 1]) > 1, rng.random(N) < 0.3], 1)
    return z, y.astype(np.uint8)


def test_information_is_scikit_learns_less_the_bias(drawn):
    z, y = drawn
    bins = quantile_bins(z)
    found = mutual_information(bins, y) * np.log(2)
    for unit in range(4):
        for label in range(3):
            pair = np.stack([bins[:, unit], y[:, label]], 1)
            bias = (len(np.unique(pair, axis=0)) - BINS - 2 + 1) / (2 * N)
            wanted = mutual_info_score(*pair.T) - bias
            assert found[unit, label] == pytest.approx(max(wanted, 0), abs=1e-6)
    assert (found[4] == 0).all()


def test_a_label_that_a_unit_decides_has_all_of_its_entropy():
    z = np.arange(1000.0)[:, None]
    y = (z >= 300).astype(np.uint8)
    found = associate(z, y, seed=0)
    entropy = -0.3 * np.log2(0.3) - 0.7 * np.log2(0.7)
    assert found.entropy == pytest.approx([entropy])
    bias = (BINS - BINS - 2 + 1) / 2000 / np.log(2)
    assert found.information[0, 0] == pytest.approx(entropy - bias)


def test_bins_have_as_many_examples_each(drawn):
    bins = quantile_bins(drawn[0])
    assert np.bincount(bins[:, 0]).tolist() == [N // BINS] * BINS
    assert set(bins[:, 4]) == {0}


def test_correlation_is_numpys_and_0_where_nothing_varies(drawn):
    z, y = drawn
    found = associate(z, y, seed=0).correlation
    wanted = np.corrcoef(z[:, :4].T, y.T)[:4, 4:]
    assert found[:4] == pytest.approx(wanted, abs=1e-12)
    assert found[4] == pytest.approx(0, abs=1e-12)
    constant = associate(z, np.ones((N, 1), np.uint8), seed=0)
    assert (constant.correlation == 0).all()
    assert constant.information == pytest.approx(0, abs=1e-12)


def test_what_comes_by_chance_is_told_from_what_does_not(drawn):
    found = associate(*drawn, seed=0)
    clear = found.information > found.chance
    assert clear[0, 0]
    assert clear[1, 1]
    assert abs(found.correlation[1, 1]) < 0.05


def test_independent_labels_pass_for_associated_once_in_twenty_times():
    passed = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found = associate(rng.normal(size=(60, 3)), rng.integers(0, 2, (60, 2)), seed)
        passed += bool(found.information.max() > found.chance)
    # 5 on average; outside of this in one of a hundred such tests.
    assert 1 <= passed <= 12
