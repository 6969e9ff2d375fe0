"""Noise against its own distribution."""

import pytest
import torch
from helpers import choices, node

from narrows.build import make
from narrows.corruptions.gaussian import Gaussian
from narrows.corruptions.masking import Masking
from narrows.corruptions.salt_and_pepper import SaltAndPepper

N = 200_000


def with_strength(choice, strength):
    """The corruption with all its numbers set to `strength`."""
    options = node("corruption", choice)
    return make({name: scaled(value, strength) for name, value in options.items()})


def scaled(value, strength):
    if isinstance(value, list):
        return [scaled(v, strength) for v in value]
    return strength if isinstance(value, float) else value


@pytest.mark.parametrize("choice", choices("corruption"))
def test_every_corruption(choice):
    corruption = make(node("corruption", choice))
    x = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    before = x.clone()
    noisy = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        noisy.append(corruption(x))
    assert x.equal(before), "the clean x is the target: it must stay clean"
    assert noisy[0].shape == x.shape
    assert noisy[0].dtype == x.dtype
    assert noisy[0].equal(noisy[1])
    assert not noisy[0].equal(noisy[2])
    assert not noisy[0].equal(x)
    assert noisy[0].min() >= 0
    assert noisy[0].max() <= 1
    assert not noisy[0][0].sub(x[0]).equal(noisy[0][1].sub(x[1])), "each example has its own noise"


# JPEG of the best quality still rounds.
@pytest.mark.parametrize("choice", [c for c in choices("corruption") if c != "jpeg"])
def test_no_noise_changes_nothing(choice):
    x = torch.rand(64, 3, 8, 8)
    assert with_strength(choice, 0.0)(x).equal(x)


def test_gaussian_noise_has_its_mean_and_deviation():
    torch.manual_seed(0)
    noise = Gaussian(0.3, clip=False)(torch.full((N,), 0.5)) - 0.5
    # Five standard errors.
    assert abs(float(noise.mean())) < 5 * 0.3 / N**0.5
    assert float(noise.std()) == pytest.approx(0.3, abs=5 * 0.3 / (2 * N) ** 0.5)
    assert float((noise.abs() < 0.3).float().mean()) == pytest.approx(0.6827, abs=0.006)


def test_gaussian_noise_is_cut_only_where_asked():
    torch.manual_seed(0)
    x = torch.full((N,), 0.9)
    cut, free = Gaussian(0.3)(x), Gaussian(0.3, clip=False)(x)
    assert cut.max() == 1
    assert free.max() > 1.5
    # P(0.9 + 0.3 ε > 1) = P(ε > 1/3)
    assert float((cut == 1).float().mean()) == pytest.approx(0.3694, abs=0.006)


@pytest.mark.parametrize("fraction", [0.1, 0.7])
def test_masking_zeroes_its_fraction_and_leaves_the_rest(fraction):
    torch.manual_seed(0)
    x = torch.rand(N) + 0.01
    noisy = Masking(fraction)(x)
    zeroed = noisy == 0
    assert float(zeroed.float().mean()) == pytest.approx(fraction, abs=0.006)
    assert noisy[~zeroed].equal(x[~zeroed])


@pytest.mark.parametrize("fraction", [0.1, 0.7])
def test_salt_and_pepper_are_half_of_the_fraction_each(fraction):
    torch.manual_seed(0)
    x = torch.rand(N) * 0.8 + 0.1
    noisy = SaltAndPepper(fraction)(x)
    salt, pepper = noisy == 1, noisy == 0
    assert float(salt.float().mean()) == pytest.approx(fraction / 2, abs=0.006)
    assert float(pepper.float().mean()) == pytest.approx(fraction / 2, abs=0.006)
    kept = ~(salt | pepper)
    assert noisy[kept].equal(x[kept])


def test_everything_can_be_corrupted():
    x = torch.rand(1000) * 0.8 + 0.1
    assert (Masking(1.0)(x) == 0).all()
    assert SaltAndPepper(1.0)(x).unique().tolist() == [0, 1]
