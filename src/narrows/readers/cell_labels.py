"""Labels in a column of an Arrow table: classes or lists of labels, as numbers or words."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from narrows.datasets.labels import Labels
from narrows.readers.words import compute


def labels_of(column: pa.ChunkedArray, names: Sequence[str] | None = None) -> Labels:
    """Return the labels that a column holds.

    A row without a value has no labels; nor has one whose class is negative or an empty text. An
    empty list says that none applies.

    Args:
        column: whole numbers, texts or booleans, or lists of these.
        names: what the numbers stand for; None if each value is a label itself.

    Raises:
        IndexError: for a number that stands for no name.
    """
    known = np.array(column.is_valid())
    if _is_list(column.type):
        rows, values = _flat(column)
    else:
        rows, values = np.arange(len(column)), column.combine_chunks()
    if names is None:
        there, codes, names = _coded(values)
    else:
        codes = np.array(values.fill_null(-1), np.int64)
        there = codes >= 0
        codes = codes[there]
    if not _is_list(column.type):
        known = there
    if len(codes) and codes.max() >= len(names):
        raise IndexError(f"a label {codes.max()}, where there are {len(names)}")
    y = np.zeros((len(column), len(names)), np.uint8)
    y[rows[there], codes] = 1
    return Labels(tuple(names), y, known)


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)


def _flat(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """Return the row that each element of the lists is in, and the elements."""
    rows, start = [np.zeros(0, np.int64)], 0
    for chunk in column.chunks:
        rows.append(np.array(compute.list_parent_indices(chunk), np.int64) + start)
        start += len(chunk)
    return np.concatenate(rows), compute.list_flatten(column).combine_chunks()


def _coded(values: pa.Array) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return which values are there, a number for each that is, and what the numbers stand for."""
    there = np.array(values.is_valid())
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        there &= np.array(compute.not_equal(values.fill_null(""), ""))
    words = values.filter(pa.array(there)).dictionary_encode()
    # In order of the values: 9 before 10, but words by their letters.
    order = sorted(range(len(words.dictionary)), key=words.dictionary.to_pylist().__getitem__)
    place = np.argsort(order) if order else np.zeros(0, np.int64)
    codes = place[np.array(words.indices, np.int64)]
    return there, codes, [str(words.dictionary[i].as_py()) for i in order]
