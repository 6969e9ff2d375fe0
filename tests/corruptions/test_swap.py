"""Swapped values: how many, from where, and that columns keep their distribution."""

import pytest
import torch

from narrows.corruptions.swap import Swap

N = 20_000


@pytest.mark.parametrize("fraction", [0.2, 0.6])
def test_a_fraction_of_the_values_is_that_of_another_example(fraction):
    torch.manual_seed(0)
    x = torch.arange(3.0 * N).view(N, 3)
    swapped = Swap(fraction)(x)
    assert (swapped % 3).equal(x % 3), "values stay in their column"
    rate = (swapped != x).float().mean(0)
    assert rate.tolist() == pytest.approx([fraction] * 3, abs=5 * 0.5 / N**0.5)


def test_columns_are_drawn_independently_and_keep_their_distribution():
    torch.manual_seed(0)
    column = torch.randn(N)
    swapped = Swap(1.0)(torch.stack([column, 2 * column + 1], 1))
    assert abs(float(torch.corrcoef(swapped.T)[0, 1])) < 5 / N**0.5
    assert swapped.mean(0).tolist() == pytest.approx([0, 1], abs=0.1)
    assert swapped.std(0).tolist() == pytest.approx([1, 2], abs=0.05)


def test_every_other_example_is_drawn_equally_often():
    torch.manual_seed(0)
    drawn = Swap(1.0)(torch.arange(4.0)[:, None].expand(4, N).contiguous())
    shares = [(drawn == value).float().mean() for value in range(4)]
    assert shares == pytest.approx([0.25] * 4, abs=0.01)
