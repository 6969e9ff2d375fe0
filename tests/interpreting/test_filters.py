"""Which weights are taken for the filters of an encoder's first layer."""

import pytest
import torch
from torch import nn

from narrows.encoders import conv, independent, mlp
from narrows.interpreting.filters import first_layer
from narrows.interpreting.inputs import Moments
from narrows.spec import Spec

SPEC = Spec((2, 6, 5), ("a", "b", "c"), "image")
MOMENTS = Moments(torch.rand(2, 6, 5), torch.rand(2, 6, 5))


class Waves(nn.Module):
    """A linear map of cosines of the input, of which there are as many as it has values."""

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(60, 4)

    def forward(self, x):
        return self.map(x.flatten(1).cos())


def test_those_of_an_mlp_are_weights_times_the_pixels_deviations():
    encoder = mlp.Encoder(SPEC, 4, [7])
    found = first_layer(encoder, MOMENTS)
    assert found.shape == (7, 2, 6, 5)
    wanted = encoder.layers[1].weight.detach() * MOMENTS.deviation.flatten()
    assert torch.equal(found.flatten(1), wanted)


def test_those_of_a_convolution_are_its_patches():
    encoder = conv.Encoder(SPEC, 4, [3, 8])
    assert torch.equal(first_layer(encoder, MOMENTS), encoder.layers[0].weight)


def test_those_of_networks_side_by_side_are_all_of_theirs():
    assert first_layer(independent.Encoder(SPEC, 4), MOMENTS).shape == (12, 2, 6, 5)


@pytest.mark.parametrize("encoder", [Waves(), nn.Sequential(nn.Tanh(), nn.Conv2d(2, 3, 3))])
def test_there_are_none_where_the_first_layer_is_no_linear_map_of_the_input(encoder):
    assert first_layer(encoder, MOMENTS) is None
