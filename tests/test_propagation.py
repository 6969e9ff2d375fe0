"""Labels on a graph of neighbours, against the closed form solved densely."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from narrows import propagation
from narrows.propagation import graph, nearest, propagate


@pytest.mark.parametrize(("n", "k"), [(5, 4), (64, 3), (200, 70), (331, 10)])
def test_neighbours_are_those_of_scikit_learn(n, k, monkeypatch):
    monkeypatch.setattr(propagation, "_BLOCK", 48)
    generator = torch.Generator().manual_seed(n)
    z = torch.randn(n, 6, generator=generator, dtype=torch.float64) + 1
    cosines, rows = nearest(z, k)
    centred = (z - z.mean(0)).numpy()
    theirs = NearestNeighbors(n_neighbors=k, metric="cosine").fit(centred)
    # Without a query no row is its own neighbour.
    distances, expected = theirs.kneighbors()
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(cosines, 1 - distances, atol=1e-5)


def dense(z, k, power):
    """Return S as the paper writes it, from all cosines."""
    centred = z - z.mean(0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    a = np.zeros_like(cosines)
    for i, row in enumerate(cosines):
        near = np.argsort(-row)[:k]
        a[i, near] = np.maximum(row[near], 0) ** power
    w = a + a.T
    degrees = w.sum(1)
    return w / np.sqrt(np.outer(degrees, degrees))


def points(n=150, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 5))


def test_the_graph_is_that_of_the_paper():
    z = points()
    s = graph(torch.from_numpy(z).float(), 7, 3.0).toarray()
    np.testing.assert_allclose(s, dense(z, 7, 3.0), atol=1e-5)
    assert np.abs(np.linalg.eigvalsh(s)).max() <= 1 + 1e-6


@pytest.mark.parametrize("alpha", [0.5, 0.99])
def test_labels_are_those_of_the_closed_form(alpha):
    random, z = np.random.default_rng(1), points()
    known = np.arange(150) < 20
    s = graph(torch.from_numpy(z).float(), 7, 3.0)
    inverse = np.linalg.inv(np.eye(150) - alpha * s.toarray())
    one_of_three = np.eye(3)[random.integers(0, 3, 150)]
    several = (random.random((150, 4)) < 0.4).astype(float)
    f = inverse @ np.where(known[:, None], one_of_three, 0)
    expected = f / f.sum(1, keepdims=True)
    hidden = np.where(known[:, None], one_of_three, 255)
    np.testing.assert_allclose(propagate(s, hidden, known, alpha), expected, atol=1e-4)
    # Labels that do not exclude one another: positives' part of all that reaches the example.
    f, total = inverse[:, :20] @ several[:20], inverse[:, :20].sum(1, keepdims=True)
    np.testing.assert_allclose(propagate(s, several, known, alpha), f / total, atol=1e-4)


def test_what_no_known_example_reaches_stays_unknown():
    # Two groups in opposite directions, without a walk between them.
    z = torch.from_numpy(points(40) * 0.01).float()
    z[:20, 0] += 1
    z[20:, 0] -= 1
    known = np.arange(40) < 2
    y = np.tile([1.0, 0.0], (40, 1))
    found = propagate(graph(z, 5, 1.0), y, known, 0.9)
    np.testing.assert_allclose(found[:20], y[:20], atol=1e-5)
    assert np.isnan(found[20:]).all()
