"""Residual convolutions with the decoder that adds to what was given."""

import pytest
import torch

from narrows.decoders.subpixel import Decoder
from narrows.encoders.residual import Encoder
from narrows.errors import UserError
from narrows.imaging.resize import enlarge
from narrows.spec import Spec

SPEC = Spec((3, 12, 8), (), "image")


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_without_weights_the_decoder_gives_the_input(shrink):
    encoder = Encoder(SPEC, width=5, depth=1, shrink=shrink)
    assert encoder.out_shape == (5 + 3 * shrink**2, 12 // shrink, 8 // shrink)
    decoder = Decoder(encoder.out_shape, SPEC.shape, adds="input")
    for p in decoder.parameters():
        torch.nn.init.zeros_(p)
    x = torch.rand(2, *SPEC.shape)
    assert decoder(encoder(x)).equal(x)


@pytest.mark.parametrize("scale", [2, 3])
def test_without_weights_it_gives_the_bicubic_enlargement(scale):
    encoder = Encoder(SPEC, width=5, depth=1)
    decoder = Decoder(encoder.out_shape, (3, 12 * scale, 8 * scale), adds="enlarged")
    for p in decoder.parameters():
        torch.nn.init.zeros_(p)
    x = torch.rand(2, *SPEC.shape)
    assert decoder(encoder(x)).equal(enlarge(x, scale))


def test_the_equation_written_out():
    torch.manual_seed(0)
    encoder = Encoder(SPEC, width=4, depth=1, carry=False)
    x = torch.rand(1, *SPEC.shape)
    first, one, two = (encoder.first, *list(encoder.blocks[0].layers)[::2])

    def convolve(layer, x):
        padded = torch.nn.functional.pad(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1)
        return torch.einsum("bihwkl,oikl->bohw", padded, layer.weight) + layer.bias[:, None, None]

    z = convolve(first, x)
    torch.testing.assert_close(encoder(x), z + convolve(two, convolve(one, z).relu()))


def test_what_does_not_fit_is_told():
    with pytest.raises(UserError, match=r"encoder\.shrink=5 does not divide images of 12 x 8"):
        Encoder(SPEC, 4, 1, shrink=5)
    with pytest.raises(UserError, match=r"encoder\.carry=true"):
        Decoder((3, 12, 8), (3, 12, 8), adds="input")
    with pytest.raises(UserError, match="13 x 8 pixels from codes of 12 x 8"):
        Decoder((5, 12, 8), (3, 13, 8))
