"""Decoded pictures as combinations of a few: against the pictures themselves."""

import numpy as np
import pytest

from narrows.exploring.atlas import make_atlas

GRID = np.stack(np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9)), -1).reshape(-1, 2)


def decoder(p=200, rank=6, seed=0):
    rng = np.random.default_rng(seed)
    inner, outer = rng.normal(size=(2, rank)), rng.normal(size=(rank, p)) / 2
    outer[:, p // 2 :] = 0

    def decode(codes):
        return (np.tanh(codes @ inner) @ outer + np.linspace(-3, 3, p)).astype(np.float32)

    return decode


def rebuilt(atlas):
    made = np.tile(atlas.still.astype(float), (len(atlas.coefficients), 1))
    values = atlas.coefficients @ atlas.basis.astype(np.float64)
    made[:, atlas.active] = 1 / (1 + np.exp(-values)) if atlas.logits else values.clip(0, 1)
    return made


def test_logits_are_kept_within_what_is_not_seen():
    decode = decoder()
    atlas = make_atlas(decode, GRID, logits=True)
    error = np.abs(rebuilt(atlas) - 1 / (1 + np.exp(-decode(GRID))))
    assert error.max() < 5 / 255
    assert error[:, atlas.active].max() == pytest.approx(atlas.worst, abs=2e-3)
    assert atlas.worst < 4 / 255
    # Half of the pixels are constants, and few combinations are needed.
    assert atlas.active.sum() <= 101
    assert len(atlas.basis) <= 16


def test_pixels_are_kept_within_what_is_not_seen():
    def decode(codes):
        return decoder()(codes) / 12 + 0.5

    atlas = make_atlas(decode, GRID, logits=False)
    assert np.abs(rebuilt(atlas) - decode(GRID).clip(0, 1)).max() < 5 / 255


def test_what_needs_too_many_is_told_to_be_worse():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(81, 300)).astype(np.float32)
    atlas = make_atlas(lambda codes: noise[: len(codes)] + codes[:, :1], GRID, logits=True)
    wanted = 1 / (1 + np.exp(-(noise[:3] + GRID[:3, :1])))
    assert atlas.worst >= np.abs(rebuilt(atlas)[:3] - wanted)[:, atlas.active].max() - 1e-2


def test_a_decoder_that_always_gives_the_same():
    atlas = make_atlas(lambda codes: np.full((len(codes), 5), 1.5, np.float32), GRID, logits=True)
    assert rebuilt(atlas) == pytest.approx(1 / (1 + np.exp(-1.5)), abs=1e-3)
