"""The grown decoder: outputs of the first labels keep their bits."""

import pytest
import torch

from narrows.decoders.grown import Decoder
from narrows.decoders.linear import Decoder as Linear
from narrows.errors import UserError


def grown_from(old, added, k):
    new = Decoder((37,), (k + sum(added),), added)
    weights = {name: value for name, value in old.state_dict().items() if "added" not in name}
    new.load_state_dict({**new.state_dict(), **weights})
    return new


@pytest.mark.parametrize("k", [1, 10, 374])
def test_old_outputs_are_the_same_bits_at_every_batch_size(k):
    torch.manual_seed(0)
    old = Linear((37,), (k,))
    once, twice = grown_from(old, [1], k), grown_from(old, [1, 2], k)
    for size in (1, 2, 3, 7, 64, 257, 1024):
        z = torch.randn(size, 37)
        assert torch.equal(once(z)[:, :k], old(z))
        assert torch.equal(twice(z)[:, :k], old(z))
        assert once(z).shape == (size, k + 1)
        assert twice(z).shape == (size, k + 3)


def test_outputs_are_v_z_plus_b():
    torch.manual_seed(0)
    decoder = Decoder((2, 3), (5,), [1, 2])
    v = torch.cat([decoder.map.weight, *(block.weight for block in decoder.added)])
    b = torch.cat([decoder.map.bias, *(block.bias for block in decoder.added)])
    z = torch.randn(4, 2, 3)
    torch.testing.assert_close(decoder(z), z.flatten(1) @ v.T + b)


def test_a_label_has_to_be_there_before_others_are_added():
    with pytest.raises(UserError, match="decoder=linear"):
        Decoder((4,), (2,), [1, 1])
