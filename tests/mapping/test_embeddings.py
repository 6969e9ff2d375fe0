"""t-SNE and UMAP: what is near stays near, new codes find their place, and bits are the same."""

import sys

import numpy as np
import pytest

from narrows.errors import UserError
from narrows.mapping.embeddings import check_package, tsne, umap


@pytest.fixture(scope="module")
def clusters():
    """Three far clusters, and new codes from each."""
    rng = np.random.default_rng(0)
    y, y_new = np.arange(90) % 3, np.arange(12) % 3
    centres = 20 * np.eye(5)[:3]
    return (
        centres[y] + rng.normal(size=(90, 5)),
        centres[y_new] + rng.normal(size=(12, 5)),
        y,
        y_new,
    )


def are_apart(places, new, y, y_new):
    """Tell whether each new place is nearest to the middle of its own cluster, and inside it."""
    middles = np.array([places[y == cluster].mean(0) for cluster in range(3)])
    far = np.linalg.norm(new[:, None] - middles, axis=2)
    reach = [
        np.linalg.norm(places[y == cluster] - middles[cluster], axis=1).max()
        for cluster in range(3)
    ]
    own = far[np.arange(len(new)), y_new]
    return (far.argmin(1) == y_new).all() and (own < 1.5 * np.array(reach)[y_new]).all()


def test_tsne(clusters):
    codes, new, y, y_new = clusters
    places, placed = tsne(codes, new, 10, seed=0)
    assert are_apart(places, placed, y, y_new)
    again = tsne(codes, new, 10, seed=0)
    np.testing.assert_array_equal(places, again[0])
    np.testing.assert_array_equal(placed, again[1])


def test_an_old_code_is_placed_where_it_was_with_tsne(clusters):
    codes, *_ = clusters
    places, placed = tsne(codes, codes[:30], 10, seed=0)
    # Within a small part of the map, which all old places would be shifted by otherwise.
    width = np.ptp(places, axis=0).max()
    assert np.abs(np.median(placed - places[:30], axis=0)).max() < 0.01 * width


def test_umap(clusters):
    # Not among what tests install: it brings numba, and takes a minute to compile.
    pytest.importorskip("umap")
    codes, new, y, y_new = (some[:36] for some in clusters)
    places, placed = umap(codes, new, 5, seed=0)
    assert are_apart(places, placed, y, y_new)
    again = umap(codes, new, 5, seed=0)
    np.testing.assert_array_equal(places, again[0])
    np.testing.assert_array_equal(placed, again[1])


@pytest.mark.parametrize(("name", "package"), [("tsne", "openTSNE"), ("umap", "umap")])
def test_a_missing_package_is_told_with_the_remedy(name, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf"{name}=true needs .* {package}; .*narrows\[map\]"):
        check_package(name)
