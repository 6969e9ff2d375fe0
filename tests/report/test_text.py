"""Text from data, made safe to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrows.report.text import (
    clean,
    counted,
    flat,
    listed,
    number,
    percentages,
    share,
    shorten,
    size,
)  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=20,
)


@given(JSON)
def test_what_is_clean_can_be_written_and_is_one_line(value):
    text = flat(clean(value))
    text.encode()
    assert not {c for c in text if ord(c) < 32 or 127 <= ord(c) < 160}
    assert not set("\u202e\u2066\u200f\ufeff") & set(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1,234,567"),
        (-3, "−3"),
        (0.0, "0"),
        (12345.678, "12,346"),
        (1234.5678, "1,235"),
        (0.123456, "0.1235"),
        (-0.00001234, "−1.234e−05"),
        (3.2e12, "3.200e+12"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (True, "yes"),
        (None, "–"),
    ],
)
def test_number(value, text):
    assert number(value) == text


def test_words():
    assert counted(1, "label") == "1 label"
    assert counted(1200, "label") == "1,200 labels"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert listed(["a", "b", "c"], 2) == "a, b, c"
    assert flat({"a": [1, 2.5], "b": {"c": ""}}) == "a: 1, 2.5, b: c: “”"
    assert shorten("abcdef", 4) == "abc…"
    assert [share(n, 200) for n in (0, 1, 13, 20, 200)] == [
        "0 %",
        "0.5 %",
        "6.5 %",
        "10 %",
        "100 %",
    ]
    assert share(0, 0) == "–"
    assert [size(n) for n in (7, 1500, 2_500_000)] == ["7 B", "1.5 kB", "2.5 MB"]


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_percentages_add_up_and_are_within_one_of_the_exact_ones(parts):
    found = percentages(parts)
    if not sum(parts):
        assert found == [0] * len(parts)
        return
    assert sum(found) == 100
    exact = [100 * part / sum(parts) for part in parts]
    assert all(abs(n - value) < 1.001 for n, value in zip(found, exact, strict=True))


def test_thirds_in_per_cent():
    assert percentages([1.0, 1.0, 1.0]) == [34, 33, 33]
