"""Each baseline against scikit-learn called plainly."""

from importlib import import_module

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.svm import SVC

from narrows.baselines import extra_trees
from narrows.study.plan import known_baselines


def data(n=120, d=8, k=4, seed=0):
    """Examples whose labels go with their values, and some of them with one another."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, d))
    y = (x @ random.normal(size=(d, k)) + random.normal(size=(n, k)) > 0).astype(np.uint8)
    y[:, -1] = y[:, 0] | (x[:, 1] > 1)
    return x, y


def kind(name):
    return import_module(f"narrows.baselines.{name}").Baseline


def only(models):
    (model,) = models
    return model


@pytest.mark.parametrize("name", known_baselines())
def test_every_option_gives_scores_of_the_right_shape(name):
    x, y = data()
    grid = kind(name).grid
    assert len(grid) == 6
    assert len({str(options) for options in grid}) == 6
    for options in grid:
        model = only(kind(name)(**options, seed=0).fit(x, y))
        scores = model.predict(x[:7])
        assert scores.shape == (7, 4)
        assert scores.min() >= 0
        assert scores.max() <= 1
        assert model.weights > 0
        again = only(kind(name)(**options, seed=0).fit(x, y)).predict(x[:7])
        assert np.array_equal(again, scores)


@pytest.mark.parametrize("name", known_baselines())
def test_one_label_alone(name):
    x, y = data(k=1)
    scores = only(kind(name)(**kind(name).grid[-1], seed=0).fit(x, y[:, :1])).predict(x)
    assert scores.shape == (120, 1)
    assert ((scores > 0.5) == y).mean() > 0.75


@pytest.mark.parametrize("name", ["linear", "chain", "svm"])
def test_sparse_rows_give_the_same(name):
    x, y = data()
    x = np.where(x > 0.5, x, 0)
    sparse = csr_array(x)
    sparse.indices, sparse.indptr = (a.astype(np.int32) for a in (sparse.indices, sparse.indptr))
    for options in kind(name).grid:
        dense = only(kind(name)(**options, seed=0).fit(x, y)).predict(x)
        found = only(kind(name)(**options, seed=0).fit(sparse, y)).predict(sparse)
        assert np.allclose(found, dense, atol=2e-3), options


def test_linear():
    x, y = data()
    plain = OneVsRestClassifier(LogisticRegression(C=0.1)).fit(x, y)
    model = only(kind("linear")(0.1, seed=0).fit(x, y))
    assert np.allclose(model.predict(x), plain.predict_proba(x))
    assert model.weights == 4 * (8 + 1)


def test_chain():
    x, y = data()
    link = LogisticRegression(C=0.1)
    plain = ClassifierChain(link, order="random", random_state=3).fit(x, y)
    model = only(kind("chain")(0.1, seed=3).fit(x, y))
    assert np.allclose(model.predict(x), plain.predict_proba(x))
    # Each link is told of the labels before its own.
    assert model.weights == 4 * (8 + 1) + 0 + 1 + 2 + 3
    other = only(kind("chain")(0.1, seed=4).fit(x, y))
    assert not np.allclose(model.predict(x), other.predict(x))


@pytest.mark.parametrize("c", [1.0, 100.0])
def test_gaussian_svm(c):
    x, y = data()
    plain = OneVsRestClassifier(SVC(C=c, gamma="scale")).fit(x, y)
    model = only(kind("svm")("gaussian", c, seed=0).fit(x, y))
    decision = plain.decision_function(x)
    assert np.allclose(model.predict(x), 1 / (1 + np.exp(-decision)), atol=1e-6)
    vectors = [set(machine.support_) for machine in plain.estimators_]
    kept = sum(len(own) + 1 for own in vectors)
    assert model.weights == len(set.union(*vectors)) * 8 + kept


def test_linear_svm():
    x, y = data()
    scaled = x / np.sqrt((x**2).sum(1).mean())
    plain = OneVsRestClassifier(SVC(C=10.0, kernel="linear")).fit(scaled, y)
    model = only(kind("svm")("linear", 10.0, seed=0).fit(x, y))
    decision = plain.decision_function(scaled)
    assert np.allclose(model.predict(x), 1 / (1 + np.exp(-decision)), atol=1e-6)
    assert model.weights == 4 * (8 + 1)


def plain_trees(x, y, trees, seed):
    forest = ExtraTreesClassifier(trees, min_samples_leaf=3, random_state=seed).fit(x, y)
    return np.stack([label[:, 1] for label in forest.predict_proba(x)], 1)


def test_extra_trees():
    x, y = data()
    model = only(kind("extra_trees")("sqrt", 3, seed=5).fit(x, y))
    assert np.allclose(model.predict(x), plain_trees(x, y, 100, 5))


def test_trees_that_are_too_large_together_are_divided(monkeypatch):
    x, y = data()
    # 2 · 120 nodes of 4 labels are 15 KiB: 30 trees at once are as many as fit, 25 divide 100.
    monkeypatch.setattr(extra_trees, "_BYTES", 30 * 2 * 120 * 4 * 16)
    models = list(kind("extra_trees")("sqrt", 3, seed=5).fit(x, y))
    assert len(models) == 4
    for number, model in enumerate(models):
        assert np.allclose(model.predict(x), plain_trees(x, y, 25, 5 + number))
