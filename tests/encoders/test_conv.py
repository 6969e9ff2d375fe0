"""Layers between the convolutions and the code."""

import torch
from helpers import built, small_config
from torch import nn

HIDDEN = ["encoder=conv", "decoder=conv", "encoder.hidden=[50,40]", "decoder.hidden=[40,50]"]


def widths(part):
    maps = [m for m in part.modules() if isinstance(m, nn.Linear)]
    return [maps[0].in_features, *(m.out_features for m in maps)]


def test_hidden_layers_lie_between_the_convolutions_and_the_code():
    module = built(small_config(*HIDDEN, "encoder.code_size=7"))
    # 8 x 8 pixels, halved twice, with 32 channels.
    assert widths(module.encoder) == [2 * 2 * 32, 50, 40, 7]
    assert widths(module.decoder) == [7, 40, 50, 2 * 2 * 32]
    assert module(torch.rand(3, 1, 8, 8)).shape == (3, 1, 8, 8)


def test_no_hidden_layers_are_the_default():
    module = built(small_config("encoder=conv", "decoder=conv"))
    assert widths(module.encoder) == [128, 64]
