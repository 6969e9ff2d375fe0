"""The exact head against scikit-learn's logistic regression."""

import numpy as np
import pytest
import torch
from helpers import run, small_config
from sklearn.linear_model import LogisticRegression

from narrows.evaluation import load_run
from narrows.head import fit_head
from narrows.loading import PackedDataset

N, M = 300, 12


def problem(seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N, M)) @ rng.normal(size=(M, M))
    z = (z - z.mean(0)) / z.std(0)
    y = (z @ rng.normal(size=(M, 6)) * 0.7 + rng.normal(size=6) > rng.logistic(size=(N, 6))).astype(
        int
    )
    return z, y


def scikit_learn(z, y, penalty):
    """Coefficients and intercept; tol is on the gradient divided by n."""
    model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model.fit(z, y)
    return model.coef_[0], model.intercept_[0]


def objective(v, b, z, y, penalty):
    signs = 2 * y - 1
    return np.logaddexp(0, -signs * (z @ v + b)).sum() + penalty / 2 * (v @ v)


def gradient(v, b, z, y, penalty):
    residual = 1 / (1 + np.exp(-(z @ v + b))) - y
    return np.append(residual @ z + penalty * v, residual.sum()) / len(z)


def fit(z, y, penalty):
    head = fit_head(torch.from_numpy(z), torch.from_numpy(y), penalty)
    return head.v.numpy(), head.b.numpy(), head.gradient


def check(z, y, penalty, atol=1e-5):
    v, b, told = fit(z, y, penalty)
    true = max(np.abs(gradient(v[k], b[k], z, y[:, k], penalty)).max() for k in range(y.shape[1]))
    assert told <= 1e-8
    assert true == pytest.approx(told, rel=1e-3, abs=1e-14)
    for k in range(y.shape[1]):
        coefficients, intercept = scikit_learn(z, y[:, k], penalty)
        np.testing.assert_allclose(v[k], coefficients, atol=atol)
        assert b[k] == pytest.approx(intercept, abs=atol)
        ours = objective(v[k], b[k], z, y[:, k], penalty)
        assert ours <= objective(coefficients, intercept, z, y[:, k], penalty) * (1 + 1e-12)


@pytest.mark.parametrize("penalty", [0.01, 1.0, 100.0])
def test_equals_scikit_learn_for_each_label(penalty):
    check(*problem(), penalty)


@pytest.mark.parametrize("penalty", [0.1, 1.0])
def test_separable_labels(penalty):
    z, _ = problem()
    check(z, (z[:, :3] > 0.2).astype(int), penalty)


def test_a_single_positive_or_negative():
    z, _ = problem()
    y = np.zeros((N, 2), int)
    y[17, 0] = 1
    y[:, 1] = 1
    y[5, 1] = 0
    check(z, y, 1.0)


def test_labels_without_both_kinds_get_smoothed_intercepts_and_leave_the_others_alone():
    z, y = problem()
    v, b, told = fit(z, np.column_stack([y, np.zeros(N, int), np.ones(N, int)]), 1.0)
    assert told <= 1e-8
    assert not v[6:].any()
    assert b[6] == pytest.approx(np.log(0.5 / (N + 0.5)))
    assert b[7] == pytest.approx(np.log((N + 0.5) / 0.5))
    alone, intercepts, _ = fit(z, y, 1.0)
    np.testing.assert_allclose(v[:6], alone, atol=1e-7)
    np.testing.assert_allclose(b[:6], intercepts, atol=1e-7)


def test_no_label_has_both_kinds():
    z, _ = problem()
    v, b, told = fit(z, np.zeros((N, 3), int), 1.0)
    assert told == 0
    assert not v.any()
    assert (b < -6).all()


def test_more_codes_than_examples():
    rng = np.random.default_rng(1)
    check(rng.normal(size=(30, 80)), rng.integers(0, 2, size=(30, 2)), 1.0)


def test_frozen_features_equal_scikit_learn_on_standardized_codes(digits_folder, tmp_path):
    size = ["encoder.hidden=[32]", "encoder.code_size=16"]
    pretrained = run(small_config(*size), digits_folder, tmp_path / "pretrained")
    config = small_config(
        *size, "task=multi_label", "decoder=linear", "loss=logistic", "transfer=frozen",
        "transfer.penalty=2", "pretrained=pretrained",
    )  # fmt: skip
    frozen = load_run(run(config, digits_folder, tmp_path / "frozen", pretrained)).module
    before = load_run(pretrained).module
    for (name, one), other in zip(
        frozen.encoder.named_parameters(), before.encoder.parameters(), strict=True
    ):
        assert one.equal(other), name
    train, test = (PackedDataset.open(digits_folder, part) for part in ("train", "test"))
    codes, unseen = (before.encode(p.x.float() / 255).double().numpy() for p in (train, test))
    mean, deviation = codes.mean(0), codes.std(0)
    ours = frozen.predict(test.x.float() / 255).numpy()
    for k in range(10):
        model = LogisticRegression(C=0.5, solver="newton-cholesky", tol=1e-10, max_iter=1000)
        model.fit((codes - mean) / deviation, train.y[:, k].numpy())
        theirs = model.predict_proba((unseen - mean) / deviation)[:, 1]
        np.testing.assert_allclose(ours[:, k], theirs, atol=1e-4)
