"""Crops against slices of the image, and colours against what their options say."""

import pytest
import torch
from torch.nn.functional import interpolate

from narrows.corruptions.crop import Crop
from narrows.errors import UserError

GEOMETRY = {"cut": 0.0, "stretch": 0.0, "flip": 0.0}
COLOUR = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "grey": 0.0}


def test_a_flip_is_a_mirror_image():
    torch.manual_seed(0)
    x = torch.rand(400, 2, 5, 7)
    y = Crop(**GEOMETRY | COLOUR | {"flip": 0.3})(x)
    mirrored = (y - x.flip(3)).abs().amax((1, 2, 3)) < 1e-5
    kept = (y - x).abs().amax((1, 2, 3)) < 1e-5
    assert (mirrored ^ kept).all()
    assert float(mirrored.float().mean()) == pytest.approx(0.3, abs=5 * 0.46 / 400**0.5)


def test_a_crop_is_a_part_at_full_size():
    """Where the map that is drawn falls on whole pixels, the crop is a slice, made larger."""
    x = torch.rand(1, 1, 8, 8)
    crop = Crop(**GEOMETRY | COLOUR | {"cut": 0.5})
    # The upper right quarter.
    crop._maps = lambda n, device: torch.tensor([[[0.5, 0.0, 0.5], [0.0, 0.5, -0.5]]])
    larger = interpolate(x[..., :4, 4:], scale_factor=2, mode="bilinear", align_corners=False)
    # At the slice's edges the crop sees the pixels beside it.
    torch.testing.assert_close(crop(x)[..., 1:7, 1:7], larger[..., 1:7, 1:7])


def test_parts_lie_within_the_image_and_have_the_areas_and_ratios_that_are_asked_for():
    torch.manual_seed(0)
    n = 20_000
    maps = Crop(cut=0.6, stretch=0.5, flip=0.5)._maps(n, torch.device("cpu"))
    width, height = maps[:, 0, 0].abs(), maps[:, 1, 1]
    assert (maps[:, 0, 2].abs() + width).max() <= 1 + 1e-6
    assert (maps[:, 1, 2].abs() + height).max() <= 1 + 1e-6
    ratio = (width / height)[(width < 1) & (height < 1)]
    assert float(ratio.max()) == pytest.approx(1.5, abs=0.01)
    assert float(ratio.min()) == pytest.approx(1 / 1.5, abs=0.01)
    assert float(ratio.log().mean()) == pytest.approx(0, abs=0.01)
    area = (width * height)[(width < 1) & (height < 1)]
    assert area.min() >= 0.4 - 1e-6
    plain = Crop(cut=0.6, stretch=0.0)._maps(n, torch.device("cpu"))
    area = plain[:, 0, 0].abs() * plain[:, 1, 1]
    assert [float(area.quantile(q)) for q in (0.25, 0.5, 0.75)] == pytest.approx(
        [0.55, 0.7, 0.85], abs=0.01
    )


def test_each_colour_option_changes_what_it_names():
    torch.manual_seed(0)
    x = torch.rand(200, 3, 4, 4) * 0.2 + 0.4
    plain = GEOMETRY | COLOUR
    brighter = Crop(**plain | {"brightness": 0.5})(x) / x
    assert brighter.std((1, 2, 3)).max() < 1e-5
    assert brighter.min() >= 0.5 - 1e-5
    assert brighter.max() <= 1.5 + 1e-5
    assert brighter.mean((1, 2, 3)).std() > 0.2
    contrast = Crop(**plain | {"contrast": 0.5})(x)
    torch.testing.assert_close(contrast.mean((1, 2, 3)), x.mean((1, 2, 3)))
    assert (contrast.std((1, 2, 3)) / x.std((1, 2, 3))).std() > 0.2
    saturation = Crop(**plain | {"saturation": 0.5})(x)
    torch.testing.assert_close(saturation.mean(1), x.mean(1))
    assert (saturation.std(1) / x.std(1)).mean((1, 2)).std() > 0.2
    grey = Crop(**plain | {"grey": 0.25})(x).std(1).amax((1, 2)) < 1e-6
    assert float(grey.float().mean()) == pytest.approx(0.25, abs=5 * 0.43 / 200**0.5)


def test_an_image_of_one_channel_has_no_colour_to_lose():
    x = torch.rand(5, 1, 4, 4)
    assert Crop(**GEOMETRY | COLOUR | {"saturation": 0.5, "grey": 1.0})(x).equal(x)


def test_a_table_is_not_cropped():
    with pytest.raises(UserError, match="corruption=swap"):
        Crop()(torch.zeros(3, 5))
