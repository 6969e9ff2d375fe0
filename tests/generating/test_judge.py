"""What samples are worth: against what is known of copies, halves and equal sets."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from narrows.errors import UserError
from narrows.generating.judge import Judge, compared

RNG = np.random.default_rng(0)
TRAIN, TEST = RNG.normal(size=(500, 4)), RNG.normal(size=(600, 4))


@pytest.fixture(scope="module")
def judge():
    return Judge(TRAIN, TEST, 200, 0)


def test_the_nearest_training_example_is_the_nearest(judge):
    distances = cdist(TEST, TRAIN)
    assert judge.usual.rows.tolist() == distances.argmin(1).tolist()
    assert judge.usual.distances == pytest.approx(distances.min(1))


def test_a_training_example_is_at_no_distance_from_itself(judge):
    far = Judge(TRAIN + 1e6, TEST + 1e6, 200, 0)
    assert far.nearest(TRAIN[:50] + 1e6).distances.max() == 0


def test_copies_are_told_from_what_is_new(judge):
    assert (judge.usual.distances < judge.threshold).mean() == pytest.approx(0.01, abs=0.003)
    copied = judge.measure(TRAIN[:200] + 1e-6, 0)
    assert copied.copies == 1
    assert copied.distance == pytest.approx(2e-6)
    # Half of them copies, half of them like any test example.
    mixed = judge.measure(np.concatenate([TRAIN[:100], RNG.normal(size=(100, 4))]), 0)
    assert mixed.copies == pytest.approx(0.5, abs=0.03)


def test_halves_are_of_the_test_part_have_nothing_in_common_and_differ(judge):
    one, other = judge.halves(0)
    assert len(one) == len(other) == judge.size == 200
    assert len(set(one) | set(other)) == 400
    assert one.tolist() == Judge(TRAIN, TEST, 200, 0).halves(0)[0].tolist()
    assert one.tolist() != judge.halves(1)[0].tolist()


def test_samples_are_compared_with_the_draws_half(judge):
    same = judge.measure(TEST[judge.halves(2)[0]], 2)
    assert same.frechet == pytest.approx(0, abs=1e-9)
    assert (same.precision, same.recall) == (1, 1)
    assert judge.measure(TEST[judge.halves(2)[1]], 2).frechet > 1e-3


def test_too_few_test_examples_are_told():
    assert [compared(600, 9999), compared(600, 50), compared(8, 50)] == [300, 50, 4]
    with pytest.raises(UserError, match="has 7 examples; give number=4 or more"):
        compared(7, 200)
    with pytest.raises(UserError, match="number=4 or more"):
        compared(600, 3)


def test_where_test_examples_are_in_the_training_part_those_are_copies():
    # Of 60 test examples 6 are training examples, so that the threshold is 0.
    repeated = Judge(TRAIN, np.concatenate([TRAIN[:6], TEST[:54]]), 20, 0)
    assert repeated.threshold == 0
    assert repeated.measure(TRAIN[:20], 0).copies == 1
    assert repeated.measure(TEST[60:80], 0).copies == 0
