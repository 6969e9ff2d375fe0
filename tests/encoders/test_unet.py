"""The U-Net's code: nothing of any level is lost in it."""

import pytest
import torch

from narrows.decoders.unet import Decoder
from narrows.encoders.unet import Encoder
from narrows.errors import UserError
from narrows.spec import Spec

SPEC = Spec((1, 16, 24), (), "image")


def test_the_code_is_the_output_of_every_level():
    torch.manual_seed(0)
    encoder = Encoder(SPEC, [3, 5, 7])
    x = torch.rand(2, *SPEC.shape)
    z = encoder(x)
    assert z.shape == (2, *encoder.out_shape) == (2, 3 * 16 + 5 * 4 + 7, 4, 6)
    full = encoder.levels[0](x)
    half = encoder.levels[1](torch.nn.functional.avg_pool2d(full, 2))
    first, second, third = z.split([48, 20, 7], 1)
    # Channel, row within a square and column within it.
    assert first.unflatten(1, (3, 4, 4))[:, 1, 2, 3].equal(full[:, 1, 2::4, 3::4])
    assert second.unflatten(1, (5, 2, 2))[:, 4, 1, 0].equal(half[:, 4, 1::2, 0::2])
    assert third.equal(encoder.levels[2](torch.nn.functional.avg_pool2d(half, 2)))


def test_every_level_reaches_the_output_where_it_belongs():
    torch.manual_seed(0)
    decoder = Decoder((3 * 16 + 5 * 4 + 7, 4, 6), (2, 16, 24), [3, 5, 7])
    z = torch.zeros(1, 75, 4, 6)
    still = decoder(z)
    for channel in (0, 50, 74):
        moved = z.clone()
        moved[0, channel, 2, 3] = 1
        rows = (decoder(moved) - still).abs().sum((0, 1, 3)).nonzero().flatten()
        # About the square of pixels that the value stands for.
        assert 2 * 4 - 8 <= rows.min() <= rows.max() < 3 * 4 + 8


def test_what_does_not_fit_is_told():
    with pytest.raises(UserError, match="that 8 divides, not 12 x 24"):
        Encoder(Spec((1, 12, 24), (), "image"), [4, 4, 4, 4])
    with pytest.raises(UserError, match=r"decoder\.widths=\[4, 5\].*the same encoder\.widths"):
        Decoder((4 * 4 + 4, 8, 12), (1, 16, 24), [4, 5])
    with pytest.raises(UserError, match="no level"):
        Encoder(SPEC, [])


def test_an_output_that_is_constant_at_first_can_be_learned():
    torch.manual_seed(0)
    decoder = Decoder((3 * 4 + 5, 4, 6), (2, 8, 12), [3, 5], constant=0.25)
    z = torch.randn(2, 17, 4, 6)
    output = decoder(z)
    assert output.eq(0.25).all()
    output.square().sum().backward()
    assert decoder.last.weight.grad is not None
    assert decoder.last.weight.grad.abs().min() > 0
