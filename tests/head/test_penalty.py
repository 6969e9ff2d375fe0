"""The penalty by cross-validation against a plain loop over scikit-learn's fits."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from narrows.head import GRID, CrossValidation, fit_head
from narrows.head.folds import stratified_folds
from narrows.head.penalty import held_out_losses
from narrows.head.problem import with_ones

N, M, FOLDS = 90, 8, 3


def problem():
    """Codes, and labels from noise alone to separable, one of them rare."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(N, M))
    f = z @ rng.normal(size=(M, 4)) * [0.0, 0.5, 1.5, 1.5]
    y = f + rng.logistic(size=(N, 4)) * [1, 1, 1, 0] > [0, 1, 0, 0]
    rare = np.isin(np.arange(N), [3, 40])
    return z, np.column_stack([y, rare]).astype(int)


def plain(z, y, class_weight=None):
    """Held-out loss of each label at each penalty, one fit after the other."""
    folds = stratified_folds(torch.from_numpy(y.T), FOLDS, 7).numpy()
    result = np.zeros((y.shape[1], len(GRID)))
    for label, fold in enumerate(folds):
        t = y[:, label]
        shares = np.where(t, t.mean(), 1 - t.mean())
        s = 0.5 / shares if class_weight else np.ones(N)
        for number, penalty in enumerate(GRID):
            for f in range(FOLDS):
                kept, held = fold != f, fold == f
                model = LogisticRegression(
                    C=1 / penalty, tol=1e-10, max_iter=1000, solver="newton-cholesky"
                )
                model.fit(z[kept], t[kept], sample_weight=s[kept])
                logits = model.decision_function(z[held])
                result[label, number] += s[held] @ np.logaddexp(0, (1 - 2 * t[held]) * logits)
    return result


def choose(z, y, class_weight=None, shared=False):
    folds = CrossValidation(FOLDS, 7, shared)
    return fit_head(torch.from_numpy(z), torch.from_numpy(y), folds, class_weight)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_equals_a_plain_loop(class_weight):
    z, y = problem()
    expected = plain(z, y, class_weight)
    head = choose(z, y, class_weight)
    assert head.penalty.tolist() == [GRID[i] for i in expected.argmin(1)]
    assert head.gradient.max() <= 1e-8
    shared = choose(z, y, class_weight, shared=True)
    assert shared.penalty.tolist() == [GRID[expected.sum(0).argmin()]] * 5
    if class_weight is None:
        found = held_out_losses(
            with_ones(torch.from_numpy(z)), torch.from_numpy(y.T).double(), None, FOLDS, 7
        )
        np.testing.assert_allclose(found.numpy(), expected, rtol=2e-3)


def test_noise_gets_a_stronger_penalty_than_what_can_be_learned():
    penalty = choose(*problem()).penalty
    assert penalty[0] > penalty[2]


def test_the_grid_is_logarithmic_from_strong_to_weak():
    steps = np.diff(np.log10(GRID))
    np.testing.assert_allclose(steps, -0.5)


def test_the_head_is_that_of_the_chosen_penalty():
    z, y = problem()
    head = choose(z, y)
    for label, penalty in enumerate(head.penalty.tolist()):
        alone = fit_head(torch.from_numpy(z), torch.from_numpy(y[:, [label]]), penalty)
        torch.testing.assert_close(head.v[[label]], alone.v, atol=1e-5, rtol=1e-4)


def test_labels_that_cannot_be_held_out_take_what_is_best_for_the_others():
    z, y = problem()
    lone = (np.arange(N) == 17).astype(int)
    none = np.zeros(N, int)
    head = choose(z, np.column_stack([y, lone, 1 - lone, none, 1 - none]))
    alone = choose(z, y)
    best = choose(z, y, shared=True).penalty[0]
    assert head.penalty[:5].equal(alone.penalty)
    assert (head.penalty[5:] == best).all()
    assert head.gradient.max() <= 1e-8
    assert head.v[5].abs().max() > 0
    assert not head.v[7:].any()


def test_without_any_other_label_they_take_the_strongest():
    z, _ = problem()
    head = choose(z, np.column_stack([np.arange(N) == 17, np.ones(N)]).astype(int))
    assert head.penalty.tolist() == [GRID[0]] * 2
    assert math.isfinite(float(head.b.abs().max()))


def test_many_labels_are_solved_part_by_part(monkeypatch):
    z, y = problem()
    whole = choose(z, y, "balanced").penalty
    monkeypatch.setattr("narrows.head.penalty._VALUES", 2 * FOLDS * N)
    assert choose(z, y, "balanced").penalty.equal(whole)


def test_separable_labels_stay_finite_at_the_weak_end():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(200, 3))
    head = choose(z, (z[:, :1] > 0).astype(int))
    assert head.penalty.tolist() == [GRID[-1]]
    assert 1 < head.v.abs().max() < 1000
    assert head.gradient.max() <= 1e-8
