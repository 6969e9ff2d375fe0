"""What maps keep, against scikit-learn and cases solved by hand."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as of_scikit_learn
from sklearn.neighbors import KNeighborsClassifier

from narrows.mapping.neighbours import Cloud, neighbour_accuracy, trustworthiness
from narrows.mapping.retrieval import retrieval_precision

K = 5


@pytest.fixture(scope="module")
def clusters():
    """More points than a block of distances has, in six dimensions; a flat map; labels."""
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=700)
    x = rng.normal(size=(700, 6)) + 2.5 * np.eye(6)[y]
    return x, x[:, :2] + 0.3 * rng.normal(size=(700, 2)), y


def test_trustworthiness_is_that_of_scikit_learn(clusters):
    x, z, _ = clusters
    shuffled = np.random.default_rng(1).permutation(z)
    found = trustworthiness(Cloud(x), [Cloud(z), Cloud(shuffled), Cloud(x)], K)
    wanted = [of_scikit_learn(x, places, n_neighbors=K) for places in (z, shuffled, x)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert found[2] == 1
    assert found[1] == pytest.approx(0.5, abs=0.02)


def test_new_points_are_measured_as_old_ones_that_are_left_out(clusters):
    x, z, _ = clusters
    x, z = x[:60], z[:60]
    # By the same formula, an old point has the other 59 for candidates, and so has a new one here.
    each = []
    for i in range(60):
        others = np.arange(60) != i
        inputs, places = Cloud(x[others], x[i : i + 1]), Cloud(z[others], z[i : i + 1])
        each += trustworthiness(inputs, [places], K)
    (whole,) = trustworthiness(Cloud(x), [Cloud(z)], K)
    assert np.mean(each) == pytest.approx(whole, rel=1e-12)


def test_accuracy_is_that_of_scikit_learns_classifier(clusters):
    _, z, y = clusters
    labels = np.eye(4, dtype=np.uint8)[y]
    old, new = slice(0, 600), slice(600, 700)
    model = KNeighborsClassifier(K).fit(z[old], y[old])
    found = neighbour_accuracy(Cloud(z[old], z[new]), labels[old], labels[new], K)
    assert found == pytest.approx(model.score(z[new], y[new]))
    # Each old one is left out: scikit-learn does so where it is given no points.
    votes = y[old][model.kneighbors(return_distance=False)]
    said = [np.bincount(row, minlength=4).argmax() for row in votes]
    found = neighbour_accuracy(Cloud(z[old]), labels[old], labels[old], K)
    assert found == pytest.approx(np.mean(said == y[old]))


def test_with_several_labels_the_most_frequent_has_to_be_one_of_them():
    z = np.array([[0.0, 0], [0.1, 0], [0.2, 0], [9, 9]])
    labels = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1], [1, 0, 0]], np.uint8)
    new = Cloud(z, np.array([[0.1, 0.1], [0.1, 0.2], [0, 0.1]]))
    asked = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]], np.uint8)
    # All three neighbours have the second label; the last point has none and is not asked about.
    assert neighbour_accuracy(new, labels, asked, 3) == 1 / 2
    nothing = np.zeros_like(labels)
    assert neighbour_accuracy(new, nothing, asked, 3) == 0


def test_precision_of_retrieval_by_hand():
    # On a line; the labels that two of them share make them relevant to each other.
    z = np.array([[0.0], [1.0], [3.0], [7.0], [7.5]])
    labels = np.array([[1, 0], [1, 1], [0, 1], [1, 0], [0, 0]], np.uint8)
    # The last has no label. First found: 1, 0, 1, 2, of which the last is not relevant; all
    # found: 2 of 3, 3 of 3, 1 of 3, 2 of 3.
    found = retrieval_precision(z, labels)
    assert found == pytest.approx({1: 3 / 4, 3: (2 + 3 + 1 + 2) / 12})


def test_precision_by_the_angle_looks_at_directions_alone():
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    directions = np.array([[1.0, 0.2], [0.2, 1.0]])[y]
    z = directions * rng.uniform(0.1, 10, size=(40, 1))
    labels = np.eye(2, dtype=np.uint8)[y]
    assert retrieval_precision(z, labels, "cosine")[15] == 1
    assert retrieval_precision(z, labels, "euclidean")[15] < 0.9
