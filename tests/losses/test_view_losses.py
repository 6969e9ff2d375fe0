"""Losses of two views against plain loops over their papers' equations, with gradients."""

import numpy as np
import pytest
import torch

from narrows.losses.nt_xent import NTXent
from narrows.losses.vicreg import VICReg

rng = np.random.default_rng(0)
N, P = 7, 5
OUTPUT = rng.normal(size=(N, 2, P)) * [[[1.0], [2.0]]]


def t(array):
    return torch.from_numpy(np.asarray(array, dtype=np.float64))


def nt_xent(output, temperature):
    """Equation 1 of Chen et al. (2020), for view i of 2N and its partner j."""
    z = [output[n, view] for n in range(len(output)) for view in (0, 1)]

    def similarity(i, k):
        return z[i] @ z[k] / (np.linalg.norm(z[i]) * np.linalg.norm(z[k]))

    def pair(i, j):
        others = [k for k in range(len(z)) if k != i]
        below = sum(np.exp(similarity(i, k) / temperature) for k in others)
        return -np.log(np.exp(similarity(i, j) / temperature) / below)

    return [(pair(i, i + 1) + pair(i + 1, i)) / 2 for i in range(0, len(z), 2)]


def vicreg(output, invariance, variance, covariance):
    """Algorithm 1 of Bardes et al. (2022), for the batch."""
    n, _, p = output.shape
    total = 0.0
    for i in range(n):
        for j in range(p):
            total += invariance * (output[i, 0, j] - output[i, 1, j]) ** 2 / (n * p)
    for z in (output[:, 0], output[:, 1]):
        matrix = np.cov(z.T)
        for j in range(p):
            total += variance * max(0, 1 - np.sqrt(np.var(z[:, j], ddof=1) + 1e-4)) / p
            for k in range(p):
                total += covariance * matrix[j, k] ** 2 / p if k != j else 0
    return total


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_nt_xent_is_equation_1(temperature):
    values = NTXent(temperature)(t(OUTPUT), t(OUTPUT))
    np.testing.assert_allclose(values, nt_xent(OUTPUT, temperature), rtol=1e-10)


@pytest.mark.parametrize(
    "weights", [(25.0, 25.0, 1.0), (1.0, 0.0, 0.0), (0.0, 3.0, 0.0), (0, 0, 2)]
)
@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_the_mean_of_vicreg_is_algorithm_1(weights, scale):
    values = VICReg(*weights)(t(OUTPUT * scale), t(OUTPUT))
    assert values.shape == (N,)
    assert float(values.mean()) == pytest.approx(vicreg(OUTPUT * scale, *weights), rel=1e-10)


@pytest.mark.parametrize(
    ("loss", "plain"),
    [
        (NTXent(0.2), lambda o: np.mean(nt_xent(o, 0.2))),
        (VICReg(), lambda o: vicreg(o, 25.0, 25.0, 1.0)),
    ],
)
def test_gradients_are_those_of_the_plain_loops(loss, plain):
    output = t(OUTPUT * 0.5).requires_grad_()
    loss(output, output).mean().backward()
    step, slopes = 1e-5, np.zeros_like(OUTPUT)
    for index in np.ndindex(OUTPUT.shape):
        up, down = OUTPUT * 0.5, OUTPUT * 0.5
        up[index] += step
        down[index] -= step
        slopes[index] = (plain(up) - plain(down)) / (2 * step)
    np.testing.assert_allclose(output.grad, slopes, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("loss", [NTXent(), VICReg()])
@pytest.mark.parametrize("n", [0, 1])
def test_a_last_batch_may_be_of_one_or_none(loss, n):
    weight = torch.ones(P, requires_grad=True)
    output = torch.ones(n, 2, P) * weight
    values = loss(output, output)
    assert values.shape == (n,)
    values.sum().backward()
    assert values.isfinite().all()
    assert weight.grad.isfinite().all()


def test_what_they_are_least_for():
    # Views that agree, of examples that point away from each other, against any others.
    corners = torch.eye(4).sub(0.25)[:, None].expand(4, 2, 4)
    torch.manual_seed(0)
    for scale in (0.01, 1.0):
        noisy = corners + scale * torch.randn(50, 4, 2, 4)
        least = NTXent()(corners, corners).mean()
        assert all(NTXent()(other, other).mean() > least for other in noisy)
    # Views that agree, of deviation 1 or more, without correlation.
    signs = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])[:, None].expand(4, 2, 2)
    assert VICReg()(signs, signs).tolist() == [0, 0, 0, 0]
