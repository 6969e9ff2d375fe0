"""Measures against their formulas, and baselines against published figures."""

import hashlib
from math import log10

import pytest
import torch
import yaml
from helpers import CONF

from narrows.datasets.pictures import SETS, Pictures
from narrows.errors import UserError
from narrows.imaging.resize import enlarge
from narrows.restoring import cases
from narrows.restoring.measure import Pair, Protocol, means, measure


@pytest.fixture(autouse=True)
def sets(narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))


@pytest.mark.parametrize(("scale", "published"), [(2, 33.66), (3, 30.39)])
def test_bicubic_has_the_psnr_of_papers(scale, published):
    # Dong, Loy and Tang (2016), table 4: Set5.
    scores = measure(
        lambda x: enlarge(x, scale),
        cases.super_resolution("set5", scale),
        Protocol(border=scale, luma=True),
    )
    assert means(scores)["psnr"] == pytest.approx(published, abs=0.02)
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
    (given, true), *_ = cases.denoising("set5", 25 / 255)
    again, _ = cases.denoising("set5", 25 / 255)[0]
    assert given.equal(again)
    assert float((given - true).std()) == pytest.approx(25 / 255, rel=0.01)


def test_grey_has_no_colours_and_its_lightness():
    scores = means(measure(lambda x: x, cases.colourization("set5")[2:3], Protocol()))
    assert scores["colourfulness"] < 0.01
    assert scores["delta_e"] > 5
    (_, true), *_ = cases.colourization("set5")
    perfect = means(measure(lambda x: x, [Pair(true, true)], Protocol()))
    assert perfect["colourfulness"] == pytest.approx(1)
    assert perfect["delta_e"] == 0


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
