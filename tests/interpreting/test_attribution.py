"""Integrated gradients against what they must be: exact for linear maps, complete for all."""

import sys

import pytest
import torch
from torch import nn

from narrows.errors import UserError
from narrows.interpreting.attribution import attribute, check_package


def test_a_linear_map_has_its_weights_times_the_difference():
    torch.manual_seed(0)
    layer, x, baseline = nn.Linear(6, 3), torch.randn(4, 6), torch.randn(6)
    found = attribute(layer, x, baseline, 2)
    wanted = layer.weight[2].detach() * (x - baseline)
    assert found.values == pytest.approx(wanted, abs=1e-6)
    assert found.change == pytest.approx(wanted.sum(1), abs=1e-6)


def test_a_product_is_shared_in_halves():
    # Of x₀ x₁ along a straight line from 0, both have the same part.
    x = torch.tensor([[3.0, -2.0]])
    found = attribute(lambda x: x[:, :1] * x[:, 1:], x, torch.zeros(2), 0)
    assert found.values == pytest.approx(torch.tensor([[-3.0, -3.0]]), abs=1e-5)


def test_attributions_of_a_network_add_up_to_the_outputs_change():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.GELU(), nn.Linear(8, 2))
    # More than are worked on at once.
    x, baseline = torch.randn(300, 1, 3, 4), torch.randn(1, 3, 4)
    found = attribute(network, x, baseline, 1)
    with torch.no_grad():
        change = network(x)[:, 1] - network(baseline[None])[:, 1]
    assert found.change == pytest.approx(change, abs=1e-6)
    assert found.values.flatten(1).sum(1) == pytest.approx(change, abs=1e-4)
    assert found.delta.abs().max() < 1e-4


def test_captum_is_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    with pytest.raises(UserError, match=r"pip install 'narrows\[interpret\]'"):
        check_package()
