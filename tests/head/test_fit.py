"""The exact head against scikit-learn's logistic regression."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from narrows.head import fit_head
from narrows.head.fit import exact_device
from narrows.head.problem import Problem, ridge_of, with_ones

N, M = 300, 12


def problem(seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N, M)) @ rng.normal(size=(M, M))
    z = (z - z.mean(0)) / z.std(0)
    y = (z @ rng.normal(size=(M, 6)) * 0.7 + rng.normal(size=6) > rng.logistic(size=(N, 6))).astype(
        int
    )
    return z, y


def scikit_learn(z, y, penalty, class_weight=None):
    """Coefficients and intercept; tol is on the gradient divided by n."""
    model = LogisticRegression(
        C=1 / penalty, solver="newton-cholesky", tol=1e-12, max_iter=1000, class_weight=class_weight
    )
    model.fit(z, y)
    return np.asarray(model.coef_)[0], np.asarray(model.intercept_)[0]


def weights(y, class_weight):
    positive = y.mean()
    return np.where(y, 0.5 / positive, 0.5 / (1 - positive)) if class_weight else np.ones(len(y))


def objective(v, b, z, y, penalty, class_weight=None):
    values = np.logaddexp(0, (1 - 2 * y) * (z @ v + b))
    return weights(y, class_weight) @ values + penalty / 2 * (v @ v)


def gradient(v, b, z, y, penalty, class_weight=None):
    residual = weights(y, class_weight) * (1 / (1 + np.exp(-(z @ v + b))) - y)
    return np.append(residual @ z + penalty * v, residual.sum()) / len(z)


def fit(z, y, penalty, class_weight=None, tolerance=1e-8, max_steps=100):
    labels = torch.from_numpy(y)
    head = fit_head(torch.from_numpy(z), labels, penalty, class_weight, tolerance, max_steps)
    return head.v.numpy(), head.b.numpy(), head.gradient.numpy()


def check(z, y, penalty, class_weight=None, atol=1e-5):
    v, b, told = fit(z, y, penalty, class_weight)
    assert told.max() <= 1e-8
    for k in range(y.shape[1]):
        label = y[:, k]
        true = np.abs(gradient(v[k], b[k], z, label, penalty, class_weight)).max()
        assert true == pytest.approx(told[k], rel=1e-3, abs=1e-13)
        coefficients, intercept = scikit_learn(z, label, penalty, class_weight)
        np.testing.assert_allclose(v[k], coefficients, atol=atol)
        assert b[k] == pytest.approx(intercept, abs=atol)
        theirs = objective(coefficients, intercept, z, label, penalty, class_weight)
        assert objective(v[k], b[k], z, label, penalty, class_weight) <= theirs * (1 + 1e-12)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("penalty", [0.01, 1.0, 100.0])
def test_equals_scikit_learn_for_each_label(penalty, class_weight):
    check(*problem(), penalty, class_weight)


@pytest.mark.parametrize(("n", "m", "k"), [(400, 60, 5), (9000, 20, 3), (500, 40, 400)])
def test_equals_scikit_learn_however_it_is_solved(n, m, k):
    """By conjugate gradients, from a sample of many rows, for many labels; classes in order."""
    rng = np.random.default_rng(2)
    z = rng.normal(size=(n, m)) @ rng.normal(size=(m, m)) / m**0.5 + 3
    rates = rng.uniform(0.002, 0.5, k)
    y = (z @ rng.normal(size=(m, k)) + 3 * rng.logistic(size=(n, k))).argsort(0).argsort(0)
    y = (y > n * (1 - rates)).astype(int)
    order = y[:, 0].argsort()
    z, y = z[order], y[order]
    if k < 10:
        return check(z, y, 1.0)
    v, b, told = fit(z, y, 1.0)
    assert told.max() <= 1e-8
    for label in range(0, k, 100):
        coefficients, intercept = scikit_learn(z, y[:, label], 1.0)
        np.testing.assert_allclose(v[label], coefficients, atol=1e-5)
        assert b[label] == pytest.approx(intercept, abs=1e-4)
    return None


@pytest.mark.parametrize("k", [3, 300])
def test_a_smaller_tolerance_is_reached(k):
    rng = np.random.default_rng(4)
    z, y = rng.normal(size=(400, 40)), rng.integers(0, 2, (400, k))
    _, _, told = fit(z, y, 0.1, tolerance=1e-13)
    assert told.max() <= 1e-13


@pytest.mark.parametrize("k", [2, 100])
def test_what_was_not_reached_is_told(k):
    rng = np.random.default_rng(4)
    z, y = rng.normal(size=(400, 40)), rng.integers(0, 2, (400, k))
    v, b, told = fit(z, y, 0.1, tolerance=1e-30, max_steps=6)
    true = [np.abs(gradient(v[j], b[j], z, y[:, j], 0.1)).max() for j in range(k)]
    assert (told > 1e-30).any()
    assert max(true) < 1e-12


def test_gradient_and_objective_of_a_problem_by_autograd():
    z, y = (torch.from_numpy(a) for a in problem())
    weight = torch.rand(6, N, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ridge = ridge_of(torch.logspace(-1, 1, 6, dtype=torch.float64), M)
    it = Problem(with_ones(z), y.T.double(), ridge, weight)
    p = torch.linspace(-1, 1, 6 * (M + 1), dtype=torch.float64).view(6, -1).requires_grad_()
    v, b = p[:, :-1], p[:, -1]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        z @ v.T + b, y.double(), reduction="none"
    )
    values = (loss.T * weight).sum(1) + ridge[:, 0] / 2 * (v**2).sum(1)
    values.sum().backward()
    f = it.logits(p)
    torch.testing.assert_close(it.value(p, f), values)
    assert p.grad is not None
    torch.testing.assert_close(it.gradient(p, f.sigmoid()), p.grad)


def test_turned_and_moved_codes_give_turned_and_moved_heads():
    z, y = problem()
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(M, M)))[0]
    v, b, _ = fit(z, y, 1.0, tolerance=1e-11)
    turned, moved, _ = fit(z @ turn + 2, y, 1.0, tolerance=1e-11)
    np.testing.assert_allclose(turned @ turn.T, v, atol=1e-8)
    np.testing.assert_allclose(moved + 2 * turned.sum(1), b, atol=1e-7)


def test_labels_do_not_see_each_other_nor_the_order_of_examples():
    z, y = problem()
    v, b, _ = fit(z, y, 1.0, "balanced", tolerance=1e-11)
    order = np.random.default_rng(6).permutation(N)
    other, intercepts, _ = fit(z[order], y[order][:, ::-1].copy(), 1.0, "balanced", 1e-11)
    np.testing.assert_allclose(other[::-1], v, atol=1e-8)
    np.testing.assert_allclose(intercepts[::-1], b, atol=1e-8)


def test_balanced_weights_are_repeated_examples():
    """Three times as many negatives: each positive counts 2, each negative 2/3."""
    z, _ = problem()
    y = (np.arange(N) % 4 == 0).astype(int)[:, None]
    repeated = np.concatenate([z, z[y[:, 0] == 1], z[y[:, 0] == 1]])
    both = np.concatenate([y, np.ones((2 * int(y.sum()), 1), int)])
    v, b, _ = fit(z, y, 1.0, "balanced", tolerance=1e-11)
    expected, intercept, _ = fit(repeated, both, 1.5, tolerance=1e-11)
    np.testing.assert_allclose(v, expected, atol=1e-7)
    np.testing.assert_allclose(b, intercept, atol=1e-7)


def test_a_device_without_float64_solves_on_the_processor():
    assert exact_device(torch.device("mps")) == torch.device("cpu")
    assert exact_device(torch.device("cuda", 1)) == torch.device("cuda", 1)
    z, y = (torch.from_numpy(a) for a in problem())
    assert fit_head(z.float(), y.bool(), 1.0).v.dtype == torch.float64


@pytest.mark.parametrize("penalty", [0.1, 1.0])
def test_separable_labels(penalty):
    z, _ = problem()
    check(z, (z[:, :3] > 0.2).astype(int), penalty)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_a_single_positive_or_negative(class_weight):
    z, _ = problem()
    y = np.zeros((N, 2), int)
    y[17, 0] = 1
    y[:, 1] = 1
    y[5, 1] = 0
    check(z, y, 1.0, class_weight)


def test_labels_without_both_kinds_get_smoothed_intercepts_and_leave_the_others_alone():
    z, y = problem()
    v, b, told = fit(z, np.column_stack([y, np.zeros(N, int), np.ones(N, int)]), 1.0)
    assert told.max() <= 1e-8
    assert not v[6:].any()
    assert b[6] == pytest.approx(np.log(0.5 / (N + 0.5)))
    assert b[7] == pytest.approx(np.log((N + 0.5) / 0.5))
    alone, intercepts, _ = fit(z, y, 1.0)
    np.testing.assert_allclose(v[:6], alone, atol=1e-7)
    np.testing.assert_allclose(b[:6], intercepts, atol=1e-7)


def test_no_label_has_both_kinds():
    z, _ = problem()
    v, b, told = fit(z, np.zeros((N, 3), int), 1.0)
    assert not told.any()
    assert not v.any()
    assert (b < -6).all()


def test_more_codes_than_examples():
    rng = np.random.default_rng(1)
    check(rng.normal(size=(30, 80)), rng.integers(0, 2, size=(30, 2)), 1.0)
