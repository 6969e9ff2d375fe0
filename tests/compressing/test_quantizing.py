"""Quantizers against what they promise, computed in another way."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from narrows.compressing.codec import Codec
from narrows.compressing.products import Products
from narrows.compressing.quantizing import Uniform, error_of
from narrows.compressing.sensitivity import sensitivity


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    bits=st.integers(2, 8),
    offset=st.floats(-1e3, 1e3),
    spread=st.floats(1e-3, 1e3),
)
def test_values_in_the_range_are_half_a_step_off_at_most(seed, bits, offset, spread):
    rng = np.random.default_rng(seed)
    scales = spread * np.exp(rng.normal(size=5))
    codes = (offset + scales * rng.standard_t(2, (200, 5))).astype(np.float32)
    sensitive = np.exp(rng.normal(size=5))
    quantizer = Uniform.of(codes, sensitive, error_of(codes, sensitive, bits))
    between = rng.uniform(codes.min(0), codes.max(0), (50, 5)).astype(np.float32)
    for z in (codes, between):
        error = np.abs(z - quantizer.codes(quantizer.symbols(z)).astype(np.float64))
        # Codes are float32, which rounds large ones.
        rounding = 2 * np.finfo(np.float32).eps * np.abs(z).max()
        assert (error <= 0.5001 * quantizer.step + rounding).all()
    far = np.concatenate([codes - 1e6, codes + 1e6])
    assert (quantizer.symbols(far) >= 0).all()
    assert (quantizer.symbols(far) < quantizer.levels).all()


def test_steps_move_the_output_alike_and_the_widest_value_has_its_bits():
    rng = np.random.default_rng(0)
    codes = rng.uniform(-1, 1, (5000, 3)).astype(np.float32) * np.array([1, 5, 0.5], np.float32)
    sensitive = np.array([2.0, 1.0, 30.0])
    quantizer = Uniform.of(codes, sensitive, error_of(codes, sensitive, 6))
    np.testing.assert_allclose(quantizer.step * sensitive, quantizer.step[2] * 30, rtol=1e-6)
    # Spans of 4, 10 and 30: 64 steps for the last, and as many in proportion for the others.
    np.testing.assert_allclose(quantizer.levels, [64 * 4 / 30, 64 * 10 / 30, 64], atol=2)


def test_values_that_are_constant_or_not_heard_take_no_bytes():
    codes = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
    codes[:, 1] = 7.25
    quantizer = Uniform.of(codes, np.array([1.0, 1.0, 0.0]), 0.5)
    assert quantizer.levels[1:].tolist() == [1, 1]
    assert (quantizer.codes(quantizer.symbols(codes))[:, 1] == 7.25).all()


def test_sensitivity_of_a_linear_decoder_is_the_length_of_its_columns():
    torch.manual_seed(0)
    v = torch.randn(40, 6) * torch.tensor([0.1, 1, 2, 3, 10, 0])
    found = sensitivity(lambda z: z @ v.T, torch.randn(600, 6))
    np.testing.assert_allclose(found, v.norm(dim=0), rtol=0.05)


def test_sensitivity_of_a_curved_decoder_is_that_of_its_jacobian():
    torch.manual_seed(0)
    v = torch.randn(30, 4)
    codes = torch.randn(400, 4)

    def decode(z):
        return torch.tanh(z @ v.T)

    # ∂x̂_i/∂z_j = (1 − x̂_i²) v_ij
    slopes = (1 - decode(codes).square()).square().mean(0)
    exact = (slopes[:, None] * v.square()).sum(0).sqrt()
    np.testing.assert_allclose(sensitivity(decode, codes), exact, rtol=0.05)


@pytest.mark.parametrize("width", [1, 2, 3])
def test_products_take_the_nearest_centroid(width):
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(60, 5)).astype(np.float32)
    sensitive = np.array([1.0, 2.0, 0.5, 1.0, 3.0])
    products = Products.of(codes[:40], sensitive, width)
    symbols = products.symbols(codes)
    back = products.codes(symbols)
    for group in range(-(-5 // width)):
        columns = slice(group * width, min((group + 1) * width, 5))
        scale = sensitive[columns]
        used = products.centroids[group][:, : len(scale)]
        distances = cdist((codes - products.mean)[:, columns] * scale, used)
        mine = distances[np.arange(60), symbols[:, group]]
        # Squares are compared in float32.
        np.testing.assert_allclose(mine**2, distances.min(1) ** 2, atol=1e-5)
        error = np.linalg.norm((codes - back)[:, columns] * scale, axis=1)
        np.testing.assert_allclose(error, mine, atol=1e-4)
    # There are as many centroids as training codes: each is one.
    np.testing.assert_allclose(back[:40], codes[:40], atol=1e-3)


@pytest.mark.parametrize("kind", ["uniform", "products"])
def test_a_codec_is_the_same_after_writing_and_reading(kind):
    codes = np.random.default_rng(0).normal(size=(80, 4)).astype(np.float32)
    make = {
        "uniform": lambda: Uniform.of(codes, np.ones(4), 0.1),
        "products": lambda: Products.of(codes, np.ones(4), 2),
    }
    codec = Codec.of(make[kind](), codes)
    again = Codec.unpacked(codec.packed())
    assert again.identity == codec.identity
    data = codec.coder.encode(codec.quantizer.symbols(codes))
    assert np.array_equal(
        again.quantizer.codes(again.coder.decode(data, 80)),
        codec.quantizer.codes(codec.quantizer.symbols(codes)),
    )
