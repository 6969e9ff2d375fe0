"""Super-resolution: what is given, what is wanted, and what stands in the pictures."""

import pytest
import torch
from helpers import built, small_config

from narrows.errors import UserError
from narrows.imaging.resize import enlarge, reduce
from narrows.loading import PackedDataset
from narrows.pictures import example_images
from narrows.spec import Spec
from narrows.tasks.base import Batch
from narrows.tasks.super_resolution import SuperResolution

SPEC = Spec((3, 14, 11), (), "image")


@pytest.mark.parametrize(("scale", "size"), [(2, (14, 10)), (3, (12, 9)), (4, (12, 8))])
def test_the_target_is_cropped_and_the_input_is_its_reduction(scale, size):
    task = SuperResolution(SPEC, scale)
    x = torch.rand(5, *SPEC.shape)
    inputs, target = task.prepare(Batch(x.clone(), torch.zeros(5, 0)))
    assert target.equal(x[..., : size[0], : size[1]])
    assert inputs.equal(reduce(target, scale))
    assert task.in_shape(SPEC) == tuple(inputs.shape[1:])
    assert task.out_shape(SPEC) == tuple(target.shape[1:])


def test_enlarged_the_input_has_the_size_of_the_target():
    task = SuperResolution(SPEC, 3, enlarged=True)
    inputs, target = task.prepare(Batch(torch.rand(5, *SPEC.shape), torch.zeros(5, 0)))
    assert inputs.equal(enlarge(reduce(target, 3), 3))
    assert task.in_shape(SPEC) == task.out_shape(SPEC) == (3, 12, 9)


def test_pictures_are_of_one_size_and_a_network_without_weights_is_bicubic():
    config = small_config(
        "task=super_resolution", "encoder=residual", "decoder=subpixel", "decoder.adds=enlarged"
    )
    module = built(config)
    torch.nn.init.zeros_(module.decoder.last.weight)
    torch.nn.init.zeros_(module.decoder.last.bias)
    data = PackedDataset(torch.rand(6, 1, 8, 8), torch.zeros(6, 10))
    images = example_images(module, data)
    assert list(images) == ["original", "bicubic", "output"]
    assert {image.shape for image in images.values()} == {(6, 8, 8)}
    assert (images["output"] == images["bicubic"]).all()


def test_what_is_no_picture_or_too_small_is_told():
    with pytest.raises(UserError, match="task=denoising"):
        SuperResolution(Spec((9,), (), "table"))
    with pytest.raises(UserError, match=r"task\.scale=4"):
        SuperResolution(Spec((1, 3, 8), (), "image"), 4)
