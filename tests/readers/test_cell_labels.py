"""Labels in columns of Arrow tables, against plain loops."""

import numpy as np
import pyarrow as pa
import pytest

from narrows.readers.cell_labels import labels_of


def column(values, kind, *cuts):
    chunks = [
        pa.array(some, kind)
        for some in (values[a:b] for a, b in zip((0, *cuts), (*cuts, len(values)), strict=True))
    ]
    return pa.chunked_array(chunks, kind)


def sets(labels):
    """The labels of each row as a set, or None."""
    return [
        {n for n, value in zip(labels.names, row, strict=True) if value} if known else None
        for row, known in zip(labels.y, labels.known, strict=True)
    ]


def test_classes_with_names():
    found = labels_of(column([1, 0, -1, None, 2, 1], pa.int64(), 1, 4), ["a", "b", "c", "d"])
    assert found.names == ("a", "b", "c", "d")
    assert sets(found) == [{"b"}, {"a"}, None, None, {"c"}, {"b"}]
    assert not found.y[2:4].any()


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])
def test_lists_of_classes_with_names(kind):
    values = [[0, 2], [], None, [1, None], [2, 2], [-1, 0]]
    for cuts in ((), (1,), (2, 3, 5)):
        found = labels_of(column(values, kind(pa.int64()), *cuts), ["x", "y", "z"])
        assert sets(found) == [{"x", "z"}, set(), None, {"y"}, {"z"}, {"x"}]


def test_lists_of_words_against_a_loop():
    random = np.random.default_rng(0)
    words = ["tree", "sky", "Sea", "élan", "a b"]
    values = [
        None if random.random() < 0.2 else random.choice(words, random.integers(4)).tolist()
        for _ in range(200)
    ]
    found = labels_of(column(values, pa.list_(pa.string()), 50, 51, 120))
    assert list(found.names) == sorted(words)
    assert sets(found) == [None if v is None else set(v) for v in values]


@pytest.mark.parametrize(
    ("values", "kind", "names"),
    [
        (["b", "", None, "a", "b"], pa.string(), ("a", "b")),
        (["b", "", None, "a", "b"], pa.large_string(), ("a", "b")),
        ([10, 9, None, -1, 10], pa.int32(), ("-1", "9", "10")),
        ([True, False, None, True, True], pa.bool_(), ("False", "True")),
    ],
)
def test_values_that_are_labels_themselves(values, kind, names):
    found = labels_of(column(values, kind, 2))
    assert found.names == names
    assert sets(found) == [None if v in (None, "") else {str(v)} for v in values]


def test_columns_without_any_value():
    for kind in (pa.string(), pa.list_(pa.string())):
        found = labels_of(column([None, None], kind))
        assert found.names == ()
        assert found.y.shape == (2, 0)
        assert not found.known.any()
    assert labels_of(pa.chunked_array([], pa.int64()), ["a"]).y.shape == (0, 1)


def test_a_number_without_a_name_is_told():
    with pytest.raises(IndexError, match="a label 3, where there are 2"):
        labels_of(column([0, 3], pa.int64()), ["a", "b"])
