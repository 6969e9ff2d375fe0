"""Losses against plain numpy, and their gradients against differences."""

import numpy as np
import pytest
import torch
from helpers import choices, node, small_config
from scipy.special import gammaln
from scipy.stats import multinomial
from torch.autograd import gradcheck
from torch.nn.functional import binary_cross_entropy_with_logits

from narrows.build import build, make, spec_of
from narrows.losses.absolute_error import AbsoluteError
from narrows.losses.bounded_error import BoundedError
from narrows.losses.logistic import Logistic
from narrows.losses.multinomial import Multinomial
from narrows.losses.squared_error import SquaredError
from narrows.tasks.base import UNKNOWN

rng = np.random.default_rng(0)
OUTPUT = rng.normal(size=(6, 2, 3)) * 3
TARGET = rng.uniform(size=(6, 2, 3))


def t(array):
    return torch.from_numpy(np.asarray(array, dtype=np.float64))


def test_losses_of_a_probability_want_targets_that_are_one():
    unit = {choice: make(node("loss", choice)).unit_targets for choice in choices("loss")}
    with_targets = {c: u for c, u in unit.items() if not make(node("loss", c)).views}
    assert with_targets == {
        "absolute_error": False,
        "bounded_error": True,
        "logistic": True,
        "multinomial": True,
        "squared_error": False,
    }


def test_squared_error_is_summed_over_an_example():
    expected = [np.linalg.norm(OUTPUT[i] - TARGET[i]) ** 2 for i in range(6)]
    np.testing.assert_allclose(SquaredError()(t(OUTPUT), t(TARGET)), expected, rtol=1e-12)


def test_bounded_error_is_that_of_the_squashed_output():
    expected = ((1 / (1 + np.exp(-OUTPUT)) - TARGET) ** 2).sum((1, 2))
    np.testing.assert_allclose(BoundedError()(t(OUTPUT), t(TARGET)), expected, rtol=1e-12)


def test_absolute_error_is_the_distance_but_for_small_errors():
    far = t(TARGET) + t(np.where(rng.random(TARGET.shape) < 0.5, 5.0, -3.0))
    expected = np.abs(far.numpy() - TARGET).sum((1, 2))
    # Each of the 6 values is s less, and by s²/2|d| more.
    np.testing.assert_allclose(AbsoluteError(0.02)(far, t(TARGET)), expected - 6 * 0.02, atol=1e-3)
    near = t(TARGET) + 1e-4
    squares = 6 * 1e-8 / (2 * 0.02)
    np.testing.assert_allclose(AbsoluteError(0.02)(near, t(TARGET)), [squares] * 6, rtol=1e-4)


def test_the_best_constant_of_absolute_error_is_the_median():
    values = torch.tensor([0.0, 0.1, 0.2, 0.3, 9.0], dtype=torch.float64)
    constants = torch.linspace(-1, 9, 10_001, dtype=torch.float64)
    total = AbsoluteError(1e-3)(constants[:, None].expand(-1, 5), values.expand(10_001, 5))
    assert float(constants[total.argmin()]) == pytest.approx(0.2, abs=2e-3)


def test_logistic_is_the_cross_entropy_summed_over_an_example():
    p = 1 / (1 + np.exp(-OUTPUT))
    expected = -(TARGET * np.log(p) + (1 - TARGET) * np.log(1 - p)).sum((1, 2))
    np.testing.assert_allclose(Logistic()(t(OUTPUT), t(TARGET)), expected, rtol=1e-10)


def test_logistic_is_that_of_the_lecture_for_labels_of_plus_and_minus_one():
    y = rng.choice([-1, 1], size=OUTPUT.shape)
    expected = np.log(1 + np.exp(-y * OUTPUT)).sum((1, 2))
    np.testing.assert_allclose(Logistic()(t(OUTPUT), t((y + 1) / 2)), expected, rtol=1e-12)


def test_multinomial_is_the_probability_of_words_but_for_how_they_are_ordered():
    counts = rng.integers(1, 5, size=OUTPUT.shape)
    n = counts.sum((1, 2))
    p = np.exp(OUTPUT) / np.exp(OUTPUT).sum((1, 2), keepdims=True)
    log_orders = gammaln(n + 1) - gammaln(counts + 1).sum((1, 2))
    rows = zip(counts.reshape(6, -1), n, p.reshape(6, -1), strict=True)
    expected = [log_orders[i] - multinomial(m, q).logpmf(c) for i, (c, m, q) in enumerate(rows)]
    np.testing.assert_allclose(Multinomial()(t(OUTPUT), t(counts)), expected, rtol=1e-10)
    # Its least value is where p has the shares of the words.
    best = np.log(counts)
    told = Multinomial().predict(t(best)).numpy()
    shares = counts / np.linalg.norm(counts.reshape(6, -1), axis=1)[:, None, None]
    np.testing.assert_allclose(told, shares)
    moved = t(best + 0.1 * rng.normal(size=OUTPUT.shape))
    assert (Multinomial()(moved, t(counts)) > Multinomial()(t(best), t(counts))).all()


def test_predictions_are_in_the_targets_units():
    np.testing.assert_allclose(Logistic().predict(t(OUTPUT)), 1 / (1 + np.exp(-OUTPUT)))
    np.testing.assert_allclose(BoundedError().predict(t(OUTPUT)), 1 / (1 + np.exp(-OUTPUT)))
    np.testing.assert_array_equal(SquaredError().predict(t(OUTPUT)), OUTPUT)


@pytest.mark.parametrize("choice", choices("loss"))
def test_every_loss_has_the_gradient_of_its_values(choice):
    loss = make(node("loss", choice))
    output, target = t(OUTPUT).requires_grad_(), t(TARGET)
    assert loss(output, target).shape == (6,)
    assert gradcheck(lambda o: loss(o, target), output)
    loss(output, target).sum().backward()
    step = 1e-6
    for index in [(0, 0, 0), (5, 1, 2), (3, 0, 1)]:
        up, down = OUTPUT.copy(), OUTPUT.copy()
        up[index] += step
        down[index] -= step
        slope = (loss(t(up), target) - loss(t(down), target)).sum() / (2 * step)
        assert float(output.grad[index]) == pytest.approx(float(slope), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("choice", choices("loss"))
@pytest.mark.parametrize("value", [-1000.0, 1000.0])
def test_extreme_outputs_stay_finite(choice, value):
    loss = make(node("loss", choice))
    shape = (2, 2, 3) if loss.views else (2, 3)
    output = torch.full(shape, value, requires_grad=True)
    values = loss(output, torch.tensor([0.0, 1.0, 0.5]).expand(shape))
    values.sum().backward()
    assert values.isfinite().all()
    assert output.grad.isfinite().all()
    assert loss.predict(output).isfinite().all()


def test_extreme_logits_cost_what_they_are_off():
    output = torch.tensor([[1000.0], [-1000.0], [1000.0], [-1000.0]])
    target = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    assert Logistic()(output, target).tolist() == [1000, 1000, 0, 0]


def test_many_labels_are_as_many_logistic_regressions_on_one_code():
    words = ("task=multi_label", "decoder=linear", "loss=logistic", "encoder.hidden=[16]")
    module = build(config := small_config(*words), spec_of(config)).module.double()
    x, y = t(rng.uniform(size=(20, 1, 8, 8))), t(rng.integers(0, 2, size=(20, 10)))
    encoder = list(module.encoder.parameters())
    total = module.loss(module(x), y).sum()
    together = torch.autograd.grad(total, encoder)
    v, b = module.decoder.map.weight, module.decoder.map.bias
    values, apart = 0.0, [torch.zeros_like(p) for p in encoder]
    for label in range(10):
        f = module.encoder(x) @ v[label] + b[label]
        signs = 2 * y[:, label] - 1
        alone = torch.log1p(torch.exp(-signs * f)).sum()
        values += alone.item()
        for sum_, g in zip(apart, torch.autograd.grad(alone, encoder), strict=True):
            sum_ += g
    assert total.item() == pytest.approx(values, rel=1e-12)
    for one, other in zip(together, apart, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_logistic_leaves_out_what_is_unknown():
    output, target = t(OUTPUT).requires_grad_(), t(TARGET)
    known = torch.from_numpy(rng.random(OUTPUT.shape) < 0.6)
    told = torch.where(known, target, float(UNKNOWN))
    expected = binary_cross_entropy_with_logits(output, target, reduction="none")
    loss = Logistic()(output, told)
    torch.testing.assert_close(loss, (expected * known).flatten(1).sum(1))
    loss.sum().backward()
    assert output.grad is not None
    assert (output.grad[~known] == 0).all()
    torch.testing.assert_close(output.grad[known], (output.sigmoid() - target)[known])
    assert Logistic()(output, torch.full_like(target, UNKNOWN)).tolist() == [0.0] * 6
