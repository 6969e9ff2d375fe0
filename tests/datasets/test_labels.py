"""Labels from lists, classes and columns, against a plain loop and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import MultiLabelBinarizer

from narrows.datasets.labels import from_classes, from_columns, from_lists
from narrows.errors import UserError

words = st.text("abc,é 0", min_size=1, max_size=3)


@given(st.lists(st.none() | st.lists(words, max_size=4), min_size=1, max_size=12))
def test_lists_are_as_scikit_learn_has_them(lists):
    found = from_lists(lists)
    reference = MultiLabelBinarizer()
    y = reference.fit_transform([each or () for each in lists])
    assert found.names == tuple(reference.classes_)
    assert np.array_equal(found.y, y)
    assert found.y.dtype == np.uint8
    assert found.known.tolist() == [each is not None for each in lists]


def test_an_empty_list_is_known_to_have_no_label():
    found = from_lists([[], None, ["a"]])
    assert found.known.tolist() == [True, False, True]
    assert found.y.tolist() == [[0], [0], [1]]


def test_given_names_keep_their_order_and_may_have_no_example():
    found = from_lists([["b"], ["a", "b"]], ["c", "b", "a"])
    assert found.names == ("c", "b", "a")
    assert found.y.tolist() == [[0, 1, 0], [0, 1, 1]]


def test_a_label_that_is_not_among_the_names_is_told():
    with pytest.raises(UserError, match=r"no label 'd'.*a, b"):
        from_lists([["a"], ["d"]], ["a", "b"])


def test_classes_are_lists_of_one():
    found = from_classes(["dog", None, "cat", "dog"])
    assert found.names == ("cat", "dog")
    assert found.y.tolist() == [[0, 1], [0, 0], [1, 0], [0, 1]]
    assert found.known.tolist() == [True, False, True, True]


@pytest.mark.parametrize("lists", [[], [None, None], [[], []]])
def test_no_label_at_all(lists):
    found = from_lists(lists)
    assert (found.names, found.y.shape, len(found.known)) == ((), (len(lists), 0), len(lists))


@given(st.data())
def test_columns_are_taken_as_they_are(data):
    n, k = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 4))
    row = st.lists(st.sampled_from([0.0, 1.0]), min_size=k, max_size=k)
    rows = data.draw(st.lists(st.none() | row, min_size=n, max_size=n))
    table = np.array([[np.nan] * k if row is None else row for row in rows])
    found = from_columns({f"label {i}": table[:, i] for i in range(k)})
    assert found.names == tuple(f"label {i}" for i in range(k))
    assert found.known.tolist() == [row is not None for row in rows]
    assert found.y.tolist() == [[0] * k if row is None else row for row in rows]


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ([0, 2], [1, 1], r"'a' has 2 in row 2"),
        ([0, 1], [1, -0.5], r"'b' has -0.5 in row 2"),
        ([0, np.inf], [1, 1], r"'a' has inf in row 2"),
        ([np.nan, 1], [1, 1], r"'a' has no value in row 1"),
        ([np.nan, 1], [3, 1], r"in row 1"),
    ],
)
def test_what_is_neither_0_nor_1_is_told(a, b, told):
    with pytest.raises(UserError, match=told):
        from_columns({"a": np.array(a, float), "b": np.array(b, float)})


def test_no_columns():
    with pytest.raises(UserError, match="no label column"):
        from_columns({})


def test_booleans_and_whole_numbers_are_values():
    found = from_columns({"a": np.array([True, False]), "b": np.array([0, 1])})
    assert found.y.tolist() == [[1, 0], [0, 1]]


def test_take():
    found = from_classes(["x", None, "y"]).take(np.array([2, 1]))
    assert found.names == ("x", "y")
    assert found.y.tolist() == [[0, 1], [0, 0]]
    assert found.known.tolist() == [True, False]
