"""Text of a table's column as words or as numbers, whole columns at once."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyarrow import compute as arrow_compute

# Its functions are made when it is imported, so that no type checker knows them.
compute: Any = arrow_compute
# What a number looks like, of words that may be none.
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def to_words(values: pa.Array, missing: Sequence[str]) -> pa.Array:
    """Return text without the blanks around it; null where that is one of the missing words."""
    words = compute.utf8_trim_whitespace(values.cast(pa.string()))
    nothing = compute.is_in(words, value_set=pa.array([*missing, ""], pa.string()))
    return compute.if_else(nothing, pa.scalar(None, pa.string()), words)


def to_numbers(values: pa.Array, missing: Sequence[str]) -> pa.Array:
    """Return text as float64; null where it is one of the missing words.

    Raises:
        ArrowInvalid: if any is no number.
    """
    try:
        return values.cast(pa.float64())
    except pa.ArrowInvalid:
        return to_words(values, missing).cast(pa.float64())
