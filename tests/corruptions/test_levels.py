"""Strengths that each example draws for itself."""

import pytest
import torch

from narrows.corruptions.gaussian import Gaussian
from narrows.errors import UserError


def test_each_example_has_its_own_level_within_the_range():
    torch.manual_seed(0)
    noise = Gaussian([0.05, 0.25], clip=False)(torch.zeros(300, 1, 50, 50)).flatten(1).std(1)
    assert 0.045 < noise.min() < 0.07
    assert 0.23 < noise.max() < 0.26
    # Uniform: the mean of the levels.
    assert float(noise.mean()) == pytest.approx(0.15, abs=5 * 0.2 / 12**0.5 / 300**0.5)


def test_one_level_written_twice_is_that_level():
    x = torch.rand(4, 3)
    torch.manual_seed(0)
    one = Gaussian(0.2)(x)
    torch.manual_seed(0)
    assert Gaussian([0.2, 0.2])(x).equal(one)


def test_a_range_that_goes_down_is_told():
    with pytest.raises(UserError, match=r"corruption\.sigma=\[0\.3, 0\.1\] goes down"):
        Gaussian([0.3, 0.1])
