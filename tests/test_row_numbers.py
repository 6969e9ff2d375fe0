"""Numbers of rows, against numpy's own functions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrows import row_numbers
from narrows.row_numbers import number_type, places, reorder, spans


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_places_are_those_that_numpy_finds(share):
    mask = np.random.default_rng(0).random(row_numbers.AT_ONCE + 1000) < share
    found = places(mask)
    assert np.array_equal(found, np.flatnonzero(mask))
    assert found.dtype == np.int32


def test_a_type_holds_all_numbers():
    assert number_type(2**31 - 1) is np.int32
    assert number_type(2**31) is np.int64


@given(st.integers(0, 50), st.integers(1, 60))
def test_spans_cover_all_once(n, step):
    rows = [row for span in spans(n, step) for row in range(span.start, span.stop)]
    assert rows == list(range(n))
    assert all(span.stop - span.start <= step for span in spans(n, step))


@settings(max_examples=50)
@given(st.integers(1, 20), st.integers(0, 9), st.integers(0, 20), st.integers(0, 99))
def test_reordered_in_place_as_by_an_index(n, k, m, seed):
    random = np.random.default_rng(seed)
    values = random.integers(0, 9, (n, k), np.uint8)
    rows = random.permutation(n)[:m]
    expected = values[rows]
    found = reorder(values, rows)
    assert np.array_equal(found, expected)
    assert np.shares_memory(found, values) or found.size == 0


def test_many_columns_are_reordered_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(row_numbers, "AT_ONCE", 1)
    values = np.arange(60 * 7).reshape(60, 7)
    rows = np.random.default_rng(0).permutation(60)
    expected = values[rows]
    assert np.array_equal(reorder(values, rows), expected)
