"""Shot noise, blur and JPEG against their own laws, scipy and Pillow."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from narrows.corruptions.blur import Blur
from narrows.corruptions.jpeg import Jpeg
from narrows.corruptions.poisson import Poisson
from narrows.datasets.pictures import Pictures
from narrows.errors import UserError


def test_shot_noise_has_the_mean_of_the_image_and_a_variance_in_proportion():
    torch.manual_seed(0)
    n, photon = 200_000, 0.02
    for value in (0.1, 0.8):
        noisy = Poisson(photon, clip=False)(torch.full((1, n), value))
        assert float(noisy.mean()) == pytest.approx(value, abs=5 * (photon * value / n) ** 0.5)
        assert float(noisy.var()) == pytest.approx(photon * value, rel=0.03)
        # Whole photons.
        torch.testing.assert_close(noisy / photon, (noisy / photon).round(), atol=1e-3, rtol=0)
    assert Poisson(0.5)(torch.ones(1, 1000)).max() <= 1


@pytest.mark.parametrize("sigma", [0.6, 1.7])
def test_blur_is_scipys(sigma):
    x = torch.rand(2, 3, 20, 31)
    wanted = gaussian_filter(x.numpy(), (0, 0, sigma, sigma), mode="nearest", truncate=8)
    torch.testing.assert_close(Blur(sigma)(x), torch.from_numpy(wanted), atol=2e-4, rtol=0)


def test_blurs_of_a_batch_are_those_of_its_images():
    torch.manual_seed(0)
    x = torch.zeros(5, 1, 41, 41)
    x[..., 20, 20] = 1
    blurred = Blur([0.8, 2.0])(x)
    # The peak of a Gaussian of two dimensions is 1 / 2πσ².
    sigma = (2 * torch.pi * blurred[:, 0, 20, 20]).rsqrt()
    assert 0.75 < sigma.min() < sigma.max() < 2.05
    for image, its in zip(blurred, sigma.tolist(), strict=True):
        torch.testing.assert_close(Blur(its)(x[:1])[0], image, atol=2e-3, rtol=0)


def through_file(picture, quality, half):
    file = io.BytesIO()
    image = Image.fromarray(picture.transpose(1, 2, 0).squeeze())
    image.save(file, "jpeg", quality=quality, subsampling=2 if half else 0)
    values = np.asarray(Image.open(file)).astype(float)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("quality", [10, 50, 90])
def test_jpeg_loses_what_pillow_loses(quality, half, channels, narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    # Odd sizes, which no square of 8 pixels divides.
    picture = Pictures(name="set5", channels=channels).whole()[2][:, :101, :87]
    x = torch.from_numpy(picture.copy())[None] / 255
    ours = Jpeg(quality, half)(x)[0].mul(255).numpy()
    pillow = through_file(picture, quality, half)
    lost = np.abs(pillow - picture).mean()
    # libjpeg computes with integers; some coefficients are then rounded the other way.
    assert np.abs(ours - pillow).mean() < 0.3 * lost
    assert np.abs(ours - pillow).mean() < 1


def test_images_of_a_batch_have_qualities_of_their_own():
    torch.manual_seed(0)
    x = torch.rand(1, 3, 16, 16).expand(8, -1, -1, -1)
    several = Jpeg([5, 95])(x)
    assert len({tuple(image.flatten().tolist()) for image in several}) > 5
    assert Jpeg(50)(x)[3].equal(Jpeg(50)(x[:1])[0])


@pytest.mark.parametrize("corruption", [Blur(1.0), Jpeg(50)])
def test_a_table_is_no_picture(corruption):
    with pytest.raises(UserError, match="corruption=gaussian"):
        corruption(torch.zeros(3, 5))
