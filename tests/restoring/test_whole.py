"""Whole pictures of any size through encoders and decoders that promise to take them."""

import pytest
import torch
from helpers import built, small_config

from narrows.errors import UserError
from narrows.imaging.lab import to_lab
from narrows.restoring.whole import colours_of, margin, restorer, scale_of
from narrows.tasks.colourization import coloured, grey_of

DENOISING = ("dataset=t91", "task=denoising", "dataset.channels=1")
MODULES = {
    "residual": (*DENOISING, "encoder=residual", "decoder=subpixel", "decoder.adds=input"),
    "shrunk": (
        *DENOISING, "encoder=residual", "encoder.shrink=2", "decoder=subpixel",
        "decoder.adds=input", "encoder.depth=2",
    ),
    "unet": (
        *DENOISING, "encoder=unet", "decoder=unet", "encoder.widths=[4,6,8]",
        "decoder.widths=[4,6,8]",
    ),
    "colours": ("dataset=t91", "task=colourization", "encoder=unet", "decoder=unet"),
    "whole": (
        "dataset=t91", "dataset.size=16", "task=colourization", "task.whole=true", "encoder=unet",
        "decoder=unet",
    ),
    "three": (
        "dataset=t91", "dataset.channels=1", "task=super_resolution", "task.scale=3",
        "encoder=residual", "decoder=subpixel", "decoder.adds=enlarged",
    ),
}  # fmt: skip


def module_of(name):
    return built(small_config(*MODULES[name]))


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("size", [(37, 50), (1, 1), (64, 3)])
def test_any_size_comes_back_at_its_size(name, size):
    module = module_of(name)
    given = torch.rand(2, module.spec.shape[0], *size)
    result = restorer(module)(given)
    assert result.shape == (2, given.shape[1], *(n * scale_of(module) for n in size))


@pytest.mark.parametrize("name", ["residual", "shrunk", "unet", "three"])
def test_a_restored_pixel_sees_as_far_as_the_margin_and_hardly_less(name):
    module, side = module_of(name), 96
    for p in module.parameters():
        # All paths are open, so that what can be seen is.
        torch.nn.init.constant_(p, 0.05)
    factor, far = scale_of(module), margin(module)
    seen = torch.zeros(side, dtype=torch.bool)
    # A pixel of each place within the squares that a code's value stands for.
    for place in range(side // 2 * factor, (side // 2 + module.encoder.multiple) * factor):
        x = torch.rand(1, 1, side, side, requires_grad=True)
        module(x)[0, 0, place, place].backward()
        offsets = x.grad[0, 0].abs().sum(0).nonzero().flatten() - place // factor
        assert offsets.abs().max() <= far
        seen[offsets.abs()] = True
    if name != "three":
        # The bicubic's own pixels are carried past the gradient.
        assert int(seen.nonzero().max()) >= far - 2 * module.encoder.multiple


@pytest.mark.parametrize("name", ["residual", "shrunk", "unet", "three"])
def test_tiles_with_that_margin_are_the_whole(name):
    module = module_of(name)
    restore, far, factor = restorer(module), margin(module), scale_of(module)
    far += -far % module.encoder.multiple
    x = torch.rand(1, 1, 32, 2 * far + 64)
    whole = restore(x)
    cut = far + 32
    left = restore(x[..., : cut + far])[..., : cut * factor]
    right = restore(x[..., cut - far :])[..., far * factor :]
    torch.testing.assert_close(torch.cat([left, right], 3), whole, atol=1e-5, rtol=0)


def test_a_picture_as_large_as_the_examples_is_coloured_as_it_is():
    module = module_of("whole")
    grey = grey_of(to_lab(torch.rand(2, 3, 16, 16)))
    expected = coloured(grey, module.predict(grey))
    torch.testing.assert_close(restorer(module)(grey), expected, atol=1e-4, rtol=0)


def waves(height, width):
    """One picture of slow waves, sampled at the centres of pixels."""
    y, x = ((torch.arange(n) + 0.5) / n * torch.pi for n in (height, width))
    return (0.5 + 0.3 * y.cos()[:, None] * (2 * x).cos()).expand(1, 3, height, width)


@pytest.mark.parametrize("shape", [(16, 16), (8, 32)])
def test_a_larger_picture_has_the_colours_that_it_has_with_as_many_pixels_as_examples(shape):
    module = module_of("whole")
    found = colours_of(module, waves(*(8 * n for n in shape)))
    expected = module.predict(waves(*shape))
    error = torch.nn.functional.avg_pool2d(found, 8) - expected
    assert (
        error.square().mean()
        < 0.01 * (expected - expected.mean((2, 3), keepdim=True)).square().mean()
    )


def test_a_code_of_one_size_is_told():
    with pytest.raises(UserError, match="encoder=residual decoder=subpixel"):
        restorer(built(small_config("task=denoising")))
