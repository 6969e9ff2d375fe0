"""First weights: the size of values from layer to layer."""

import pytest
import torch
from helpers import built, small_config
from torch import nn

from narrows.starts import draw


def scale(x):
    return float(x.detach().square().mean().sqrt())


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(300, 200), (400, 300)),
        (nn.Linear(200, 300, bias=False), (400, 200)),
        (nn.Conv2d(30, 50, 3, stride=2), (20, 30, 15, 15)),
        (nn.ConvTranspose2d(30, 50, 4, stride=2, padding=1), (20, 30, 15, 15)),
        (nn.ConvTranspose2d(30, 50, 2, stride=2), (20, 30, 15, 15)),
    ],
    ids=["narrower", "wider", "convolution", "transposed", "transposed without overlap"],
)
def test_a_layer_multiplies_the_size_of_values_by_the_same_gain(layer, shape):
    torch.manual_seed(0)
    draw(layer, "scaled")
    x = torch.randn(shape)
    inner = layer(x)[..., 2:-2, 2:-2] if len(shape) == 4 else layer(x)
    assert scale(inner) / scale(x) == pytest.approx(1.6, rel=0.03)


def test_the_values_of_a_deep_network_do_not_fade():
    options = ["encoder.hidden=[400,300,200,100]", "encoder.code_size=30"]
    codes = []
    for kind in ("scaled", "torch"):
        encoder = built(small_config(*options, f"encoder.start={kind}")).encoder
        codes.append(scale(encoder(torch.randn(500, 1, 8, 8))))
    assert 0.5 < codes[0] < 3
    assert codes[1] < 0.1
