"""Measures against their formulas, and baselines against published figures."""

import hashlib
from math import log10
from statistics import fmean

import numpy as np
import pytest
import torch
import yaml
from helpers import CONF
from scipy import ndimage

from narrows.corruptions.gaussian import Gaussian
from narrows.datasets.pictures import SETS, Pictures
from narrows.errors import UserError
from narrows.imaging.lab import to_lab
from narrows.imaging.resize import enlarge
from narrows.restoring import cases
from narrows.restoring.measure import Pair, Protocol, colourfulness, measure


@pytest.fixture(autouse=True)
def sets(narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))


@pytest.mark.parametrize(("scale", "psnr", "ssim"), [(2, 33.66, 0.9299), (3, 30.39, 0.8682)])
def test_bicubic_has_the_figures_of_papers(scale, psnr, ssim):
    # Set5, of Dong, Loy and Tang (2016), table 4, and SSIM of Kim, Lee and Lee (2016).
    scores = measure(
        lambda x: enlarge(x, scale),
        cases.super_resolution("set5", scale),
        Protocol(border=scale, luma=True),
    )
    assert fmean(scores["psnr"]) == pytest.approx(psnr, abs=0.02)
    assert fmean(scores["ssim"]) == pytest.approx(ssim, abs=1e-3)
    assert len(scores["psnr"]) == 5


def test_psnr_is_of_the_picture_without_its_border():
    true = torch.full((1, 1, 40, 40), 0.5)
    wrong = true.clone()
    wrong[..., :3, :] = 1
    wrong[..., 10, 10] = 0.75
    pair = [Pair(wrong, true)]
    inside = measure(lambda x: x, pair, Protocol(border=3, rounded=False))["psnr"][0]
    assert inside == pytest.approx(10 * log10(34 * 34 / 0.25**2), abs=1e-3)
    assert measure(lambda x: x, pair, Protocol(rounded=False))["psnr"][0] < inside - 10


def test_noise_is_that_of_its_level_and_always_the_same():
    (given, true), *_ = cases.corrupted("set5", Gaussian(25 / 255, clip=False))
    again, _ = cases.corrupted("set5", Gaussian(25 / 255, clip=False))[0]
    assert given.equal(again)
    assert float((given - true).std()) == pytest.approx(25 / 255, rel=0.01)


def test_grey_has_no_colours_and_its_lightness():
    scores = measure(lambda x: x, cases.colourization("set5")[2:3], Protocol())
    assert scores["colourfulness"][0] < 0.01
    assert scores["delta_e"][0] > 5
    (_, true), *_ = cases.colourization("set5")
    perfect = measure(lambda x: x, [Pair(true, true)], Protocol())
    assert perfect["colourfulness"][0] == pytest.approx(1)
    assert perfect["delta_e"][0] == 0


def picture(size, seed):
    """A smooth picture in colour, and a noisy one."""
    rng = np.random.default_rng(seed)
    true = ndimage.gaussian_filter(rng.random((3, *size)), (0, 3, 3))
    true = (true - true.min()) / np.ptp(true)
    given = (true + 0.05 * rng.normal(size=true.shape)).clip(0, 1)
    return Pair(*(torch.from_numpy(x)[None].float() for x in (given, true)))


def y_of(x):
    """MATLAB's rgb2ycbcr: Y of (1, 3, H, W), from 0 to 1."""
    red, green, blue = x[0].double().numpy()
    return (65.481 * red + 128.553 * green + 24.966 * blue + 16) / 255


def similarity(a, b):
    """Means of SSIM and of its contrast and structure (Wang et al. 2004, equations 12 and 13)."""

    def mean(x):
        # 11 pixels, of which only places are kept where all of them are in the picture.
        return ndimage.gaussian_filter(x, 1.5, radius=5)[5:-5, 5:-5]

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    structure = (2 * cov + 0.03**2) / (va + vb + 0.03**2)
    return float(((2 * ma * mb + 0.01**2) / (ma**2 + mb**2 + 0.01**2) * structure).mean()), float(
        structure.mean()
    )


def test_all_measures_of_a_picture_against_their_formulas():
    given, true = pair = picture((192, 208), 0)
    found = {k: v[0] for k, v in measure(lambda x: x, [pair], Protocol(rounded=False)).items()}
    assert found["psnr_rgb"] == pytest.approx(
        -10 * log10(float(((given - true) ** 2).mean())), abs=1e-3
    )
    a, b = y_of(given), y_of(true)
    assert found["psnr_y"] == pytest.approx(-10 * log10(((a - b) ** 2).mean()), abs=1e-3)
    assert found["ssim_y"] == pytest.approx(similarity(a, b)[0], abs=1e-4)
    # Wang, Simoncelli and Bovik (2003): five scales, each the mean of squares of four pixels.
    product = 1.0
    for exponent in (0.0448, 0.2856, 0.3001, 0.2363):
        product *= similarity(a, b)[1] ** exponent
        a, b = (x.reshape(len(x) // 2, 2, -1, 2).mean((1, 3)) for x in (a, b))
    product *= similarity(a, b)[0] ** 0.1333
    assert found["ms_ssim_y"] == pytest.approx(product, abs=1e-4)
    ab, other = (to_lab(x)[:, 1:] for x in (given, true))
    wanted = 10 * log10(255**2 / float(((ab - other) ** 2).mean()))
    assert found["psnr_ab"] == pytest.approx(wanted, abs=1e-3)


def test_a_small_picture_leaves_ms_ssim_out():
    names = [set(measure(lambda x: x, [picture((n, 200), 0)], Protocol())) for n in (175, 176)]
    assert names[1] - names[0] == {"ms_ssim_y"}


def test_colourfulness_of_red_and_cyan():
    # Half red, half cyan: rg is 255 and −255, yb is 127.5 and −127.5; their means are 0.
    halves = torch.tensor([1.0, 0.0]).repeat(8)
    rgb = torch.stack([halves, 1 - halves, 1 - halves])[None, :, None]
    assert colourfulness(rgb) == pytest.approx((255**2 + 127.5**2) ** 0.5)
    # Red alone: means of 255 and 127.5, and no spread.
    red = torch.zeros(1, 3, 16, 16)
    red[:, 0] = 1
    assert colourfulness(red) == pytest.approx(0.3 * (255**2 + 127.5**2) ** 0.5)


def test_another_size_is_told():
    pair = Pair(torch.rand(1, 1, 9, 9), torch.rand(1, 1, 9, 9))
    with pytest.raises(UserError, match="is this run for another task"):
        measure(lambda x: x[..., 1:], [pair], Protocol())


def test_no_picture_that_is_measured_is_trained_on():
    hashes = {
        name: {hashlib.sha256(p.tobytes()).hexdigest() for p in Pictures(name=name).whole()}
        for name in SETS
    }
    for name in ("set5", "set14", "bsd100"):
        assert not hashes["t91"] & hashes[name]
    for name in ("denoiser", "upscaler2", "upscaler3", "colourizer"):
        defaults = yaml.safe_load((CONF / "experiment" / f"{name}.yaml").read_text())["defaults"]
        used = {d["override /dataset"] for d in defaults if "override /dataset" in d}
        assert used <= {"t91", "cifar10"}
        assert used or "upscaler2" in defaults
