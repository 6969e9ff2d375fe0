"""Colourization: lightness is kept, colours are what is wanted."""

import pytest
import torch
from helpers import built, small_config

from narrows.errors import UserError
from narrows.imaging.lab import to_lab
from narrows.loading import PackedDataset
from narrows.pictures import example_images
from narrows.spec import Spec
from narrows.tasks.base import Batch
from narrows.tasks.colourization import Colourization, coloured

SPEC = Spec((3, 6, 7), (), "image")


def prepared():
    torch.manual_seed(0)
    x = torch.rand(5, *SPEC.shape)
    return x, *Colourization(SPEC).prepare(Batch(x.clone(), torch.zeros(5, 0)))


def test_the_input_is_grey_and_as_light():
    x, inputs, target = prepared()
    assert inputs.shape == x.shape
    torch.testing.assert_close(inputs, inputs[:, :1].expand(-1, 3, -1, -1), atol=1e-5, rtol=0)
    torch.testing.assert_close(to_lab(inputs)[:, 0], to_lab(x)[:, 0], atol=0.01, rtol=0)
    assert 0 <= target.min() <= target.max() <= 1
    assert Colourization(SPEC).out_shape(SPEC) == target.shape[1:]


def test_grey_with_the_true_colours_is_the_picture():
    x, inputs, target = prepared()
    torch.testing.assert_close(coloured(inputs, target), x, atol=1e-3, rtol=0)


def test_other_colours_leave_lightness_as_it_is():
    _, inputs, target = prepared()
    # Pale ones, which sRGB has in every lightness but the darkest and the lightest.
    pale = 128 / 255 + 0.05 * (target - 128 / 255)
    lightness = [to_lab(image)[:, 0] for image in (inputs, coloured(inputs, pale))]
    middle = (lightness[0] > 20) & (lightness[0] < 90)
    torch.testing.assert_close(lightness[1][middle], lightness[0][middle], atol=0.05, rtol=0)


def test_measures_are_distances_in_ab():
    _, _, target = prepared()
    measures = Colourization(SPEC).metrics(SPEC)
    shifted = target + torch.tensor([3.0, -4.0])[:, None, None] / 255
    measures.update(shifted, target)
    found = measures.compute()
    assert float(found["ab_distance"]) == pytest.approx(5, abs=1e-3)
    # PSNR in bytes: the mean of 9 and 16 is 12.5.
    wanted = 10 * torch.log10(torch.tensor(255**2 / 12.5))
    assert float(found["psnr_ab"]) == pytest.approx(float(wanted), abs=1e-3)


def test_pictures_show_grey_and_colour():
    module = built(small_config("task=colourization", "dataset=t91", "dataset.size=8"))
    images = example_images(module, PackedDataset(torch.rand(3, 3, 8, 8), torch.zeros(3, 0)))
    assert list(images) == ["original", "grey", "output"]
    assert {image.shape for image in images.values()} == {(3, 8, 8, 3)}


@pytest.mark.parametrize("spec", [Spec((1, 8, 8), (), "image"), Spec((3,), (), "table")])
def test_what_has_no_colour_is_told(spec):
    with pytest.raises(UserError, match=r"dataset\.channels=3"):
        Colourization(spec)
