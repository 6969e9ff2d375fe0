import numpy as np
import pytest
from scipy import stats

from narrows.study.intervals import Estimate
from narrows.study.wins import probability_of_winning


@pytest.mark.parametrize("won", range(6))
def test_interval_is_clopper_and_pearsons(won):
    found = probability_of_winning([1.0] * won + [-1.0] * (5 - won))
    expected = stats.binomtest(won, 5).proportion_ci(0.95, "exact")
    assert found.mean == won / 5
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.seeds == 5


def test_ties_count_half():
    assert probability_of_winning([0.0, 0.0, 0.1, -0.1]) == probability_of_winning([1, 1, -1, -1])
    assert probability_of_winning([0.0]).mean == 0.5
    assert probability_of_winning([0.0, 0.1, 0.2, 0.3]).mean == 0.875


def test_one_seed_says_nothing():
    assert probability_of_winning([0.3]) == Estimate(1.0, pytest.approx(0.025), 1.0, 1)


@pytest.mark.parametrize("truth", [0.1, 0.3, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("n", [5, 10])
def test_interval_holds_the_truth_often_enough(truth, n):
    # Exact: over all numbers of wins, each with its probability.
    held = 0.0
    for won in range(n + 1):
        found = probability_of_winning([1.0] * won + [-1.0] * (n - won))
        held += stats.binom.pmf(won, n, truth) * (found.low <= truth <= found.high)
    assert held >= 0.95


def test_of_normal_scores():
    differences = np.random.default_rng(0).normal(0.5, 1, 4000)
    expected = stats.norm.cdf(0.5)
    assert probability_of_winning(list(differences)).mean == pytest.approx(expected, abs=0.02)
