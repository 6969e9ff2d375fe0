"""The range coder gives back what it was given, in as many bytes as entropy says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrows.compressing.entropy import EntropyCoder, bits_of, frequencies_of


@settings(max_examples=60, deadline=None)
@given(
    levels=st.lists(st.integers(1, 300), min_size=1, max_size=6),
    n=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
    power=st.integers(0, 9),
)
def test_any_symbols_come_back(levels, n, seed, power):
    rng = np.random.default_rng(seed)
    symbols = rng.integers(0, levels, (n, len(levels)), dtype=np.int32)
    # Frequencies that have nothing to do with them, up to very uneven ones.
    frequencies = [np.exp(power * rng.normal(size=k)) for k in levels]
    coder = EntropyCoder(frequencies)
    assert np.array_equal(coder.decode(coder.encode(symbols), n), symbols)


def test_bytes_are_those_of_the_entropy():
    rng = np.random.default_rng(0)
    symbols = rng.binomial(20, [0.5, 0.05, 0.3], (20_000, 3)).astype(np.int32)
    frequencies = frequencies_of(symbols, np.full(3, 21))
    # By hand: the sum over places of −Σ p log₂ p.
    entropy = 0.0
    for column in symbols.T:
        p = np.unique(column, return_counts=True)[1] / len(column)
        entropy -= (p * np.log2(p)).sum()
    size = 8 * len(EntropyCoder(frequencies).encode(symbols)) / len(symbols)
    assert entropy <= size < 1.01 * entropy
    assert bits_of(symbols, frequencies) == pytest.approx(size, rel=2e-3)


def test_a_symbol_that_was_never_met_can_be_written():
    coder = EntropyCoder(frequencies_of(np.zeros((1000, 1), int), np.array([4])))
    symbols = np.array([[3], [0], [1]], np.int32)
    assert np.array_equal(coder.decode(coder.encode(symbols), 3), symbols)
