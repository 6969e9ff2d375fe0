"""What is measured beside a restoring network: what its inputs are worth as they are."""

import math

import pytest
import torch
from helpers import built, small_config

from narrows.assessment import measure_without
from narrows.imaging.lab import to_lab
from narrows.imaging.resize import enlarge, reduce
from narrows.loading import PackedDataset


def without(shape, *overrides, values=(0, 256)):
    """Return the measures without a network, and the pictures, in [0, 1]."""
    torch.manual_seed(0)
    x = torch.randint(*values, shape, dtype=torch.uint8)
    module = built(small_config(*overrides))
    data = PackedDataset(x, torch.zeros(len(x), 0))
    _, found = measure_without(module, data, lambda: data)
    return found, x.double() / 255


def psnr(error):
    return float(-10 * error.square().mean().log10())


def test_noise_as_it_is():
    # Values in the middle, which noise does not lead out of [0, 1].
    found, _ = without(
        (600, 1, 8, 8), "task=denoising", "corruption=gaussian", "corruption.sigma=0.05",
        values=(100, 150),
    )  # fmt: skip
    assert found["sse"] == pytest.approx(64 * 0.05**2, rel=0.02)
    assert found["psnr"] == pytest.approx(-20 * math.log10(0.05), abs=0.1)


@pytest.mark.parametrize("enlarged", ["false", "true"])
def test_bicubic(enlarged):
    found, x = without((4, 1, 8, 8), "task=super_resolution", f"task.enlarged={enlarged}")
    assert found["psnr"] == pytest.approx(psnr(enlarge(reduce(x, 2), 2) - x), abs=1e-3)


def test_grey():
    found, x = without(
        (4, 3, 32, 32), "dataset=cifar10", "task=colourization", "encoder=unet", "decoder=unet"
    )
    ab = to_lab(x)[:, 1:]
    assert found["ab_distance"] == pytest.approx(float(ab.norm(dim=1).mean()), rel=1e-3)
    assert found["psnr_ab"] == pytest.approx(psnr(ab / 255), abs=0.01)


def test_the_mean_of_the_training_examples():
    found, x = without((40, 1, 8, 8), "task=reconstruction")
    error = (x - x.mean(0)).square().flatten(1).sum(1).mean()
    assert found["sse"] == pytest.approx(float(error), rel=1e-5)


def test_nothing_where_an_answer_needs_learning():
    assert without((4, 1, 8, 8), "task=multi_label", "decoder=linear", "loss=logistic")[0] == {}
