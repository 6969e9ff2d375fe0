"""Learning rates that fall from layer to layer, seen in how far weights move."""

import pytest
import torch
from helpers import built, small_config
from torch import nn

from narrows.rates import decaying, multiply_rates

DEEP = ["encoder.hidden=[24,16]", "encoder.code_size=8"]


@pytest.mark.parametrize("encoder", [[*DEEP], ["encoder=conv"]])
def test_factors_fall_towards_the_input(encoder):
    module = built(small_config(*encoder)).encoder
    factors = decaying(module, 0.5)
    assert set(factors) == set(module.parameters())
    layers = [m for m in module.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    for height, layer in enumerate(reversed(layers), 1):
        assert factors[layer.weight] == factors[layer.bias] == 0.5**height


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_a_step_is_as_long_as_its_factor_says(optimizer):
    module = built(small_config(*DEEP, f"optimizer={optimizer}"))
    weights = [*module.encoder.parameters(), *module.decoder.parameters()]

    def moves(factors):
        module.rate_factors = factors
        before = [w.detach().clone() for w in weights]
        made = module.configure_optimizers()
        for w in weights:
            w.grad = torch.ones_like(w)
        made.step()
        moved = [w.detach() - b for w, b in zip(weights, before, strict=True)]
        with torch.no_grad():
            for w, b in zip(weights, before, strict=True):
                w.copy_(b)
        return moved

    factors = decaying(module.encoder, 0.25)
    for w, plain, scaled in zip(weights, moves({}), moves(factors), strict=True):
        torch.testing.assert_close(scaled, plain * factors.get(w, 1.0), rtol=1e-3, atol=1e-6)


def test_groups_keep_their_options_and_each_weight_is_in_one():
    weights = [nn.Parameter(torch.zeros(1)) for _ in range(4)]
    groups = [{"params": weights[:2], "lr": 0.1}, {"params": weights[2:], "momentum": 0.5}]
    optimizer = torch.optim.SGD(groups, lr=0.3)
    multiply_rates(optimizer, {weights[0]: 0.5, weights[3]: 0.5})
    found = {id(p): g for g in optimizer.param_groups for p in g["params"]}
    assert [found[id(w)]["lr"] for w in weights] == pytest.approx([0.05, 0.1, 0.3, 0.15])
    assert [found[id(w)]["momentum"] for w in weights] == [0, 0, 0.5, 0.5]
    assert sum(len(g["params"]) for g in optimizer.param_groups) == 4
