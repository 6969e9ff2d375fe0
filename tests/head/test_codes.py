"""Heads on codes as they are, in the float32 of a model's weights."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from narrows.head import fit_standardized

N, M, DEAD = 400, 6, 3


def problem(constant=5.0, jitter=1e-6, size=1.0):
    """Float32 codes, the last of which vary by rounding alone."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(N, M)) * size
    y = (z / size @ rng.normal(size=(M, 2)) + rng.logistic(size=(N, 2)) > 0).astype(np.uint8)
    dead = constant + rng.uniform(-jitter, jitter, (N, DEAD))
    return np.column_stack([z, dead]).astype(np.float32), y


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"constant": -300.0, "jitter": 6e-5},
        {"constant": 0.0, "jitter": 1e-5, "size": 100.0},
        {"constant": 5.0, "jitter": 0.0},
        {"constant": 0.0, "jitter": 0.0},
    ],
)
@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
def test_codes_that_are_constant_up_to_rounding_get_no_weight(case, size):
    z, y = problem(**case)
    z *= np.float32(size)
    head = fit_standardized(torch.from_numpy(z), torch.from_numpy(y), 1.0)
    assert not head.v[:, M:].any()
    live = z[:, :M].astype(float)
    mean, deviation = live.mean(0), live.std(0)
    logits = (torch.from_numpy(z) @ head.v.float().T + head.b.float()).numpy()
    for k in range(2):
        exact = LogisticRegression(C=1.0, tol=1e-12, max_iter=1000, solver="newton-cholesky")
        exact.fit((live - mean) / deviation, y[:, k])
        expected = exact.decision_function((live - mean) / deviation)
        np.testing.assert_allclose(logits[:, k], expected, atol=1e-4)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_codes_that_vary_little_but_more_than_by_rounding_keep_their_weight(class_weight):
    z, y = problem(constant=5.0, jitter=1e-3)
    y[:, 0] = z[:, M] > 5
    head = fit_standardized(torch.from_numpy(z), torch.from_numpy(y), 1.0, class_weight)
    mean, deviation = z.astype(float).mean(0), z.astype(float).std(0)
    exact = LogisticRegression(
        C=1.0, tol=1e-12, max_iter=1000, solver="newton-cholesky", class_weight=class_weight
    )
    exact.fit((z - mean) / deviation, y[:, 0])
    np.testing.assert_allclose(head.v[0].numpy() * deviation, exact.coef_[0], atol=1e-5)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_the_gradient_at_the_stored_weights_is_told_too(class_weight):
    z, y = problem(constant=5.0, jitter=1e-3)
    y = np.column_stack([y, np.ones(N, np.uint8)])
    head = fit_standardized(torch.from_numpy(z), torch.from_numpy(y), 2.0, class_weight)
    mean, deviation = z.astype(float).mean(0), z.astype(float).std(0)
    codes = (z - mean) / deviation
    for k, told in enumerate(head.stored_gradient.tolist()[:2]):
        v = head.v[k].float().double().numpy()
        logits = z.astype(float) @ v + float(head.b[k].float())
        residual = 1 / (1 + np.exp(-logits)) - y[:, k]
        if class_weight:
            residual *= np.where(y[:, k], 0.5 / y[:, k].mean(), 0.5 / (1 - y[:, k].mean()))
        gradient = np.append(residual @ codes + 2.0 * v * deviation, residual.sum()) / N
        assert told == pytest.approx(np.abs(gradient).max(), rel=1e-5)
        # In float32 it is not what the solution in float64 has.
        assert told > 2 * head.gradient[k]
    assert head.stored_gradient[2] == 0
