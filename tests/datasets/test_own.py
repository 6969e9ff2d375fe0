"""How one's own data is divided: by shares, or as it says itself."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrows.datasets.labels import Labels, from_classes
from narrows.datasets.own import PARTS, OwnData
from narrows.errors import UserError
from narrows.spec import Spec


@dataclass(frozen=True, kw_only=True)
class Own(OwnData):
    path: str = "mine"

    def spec(self):
        return Spec((1,), (), "table")

    def load(self, work):
        return {}


def labels(n, unknown=(), classes=3):
    return from_classes([None if i in set(unknown) else str(i % classes) for i in range(n)])


def check(parts: dict, known: Labels):
    """Each example is in one part, those with labels first; both in order."""
    assert tuple(parts) == PARTS
    rows = np.concatenate([division.rows for division in parts.values()])
    assert sorted(rows) == list(range(len(known.known)))
    for division in parts.values():
        first, rest = division.rows[: division.labelled], division.rows[division.labelled :]
        assert known.known[first].all()
        assert not known.known[rest].any()
        assert (np.diff(first) > 0).all()
        assert (np.diff(rest) > 0).all()


def sizes(parts):
    return [len(parts[part].rows) for part in PARTS]


def test_shares_of_all_where_all_have_labels():
    known = labels(300)
    parts = Own().divide(known)
    check(parts, known)
    assert sizes(parts) == [210, 30, 60]
    for part, n in zip(PARTS, (70, 10, 20), strict=True):
        assert known.y[parts[part].rows].sum(0).tolist() == [n, n, n]


def test_shares_are_of_the_labelled_and_the_rest_is_for_training():
    known = labels(400, unknown=range(0, 400, 4))
    parts = Own(val=0.2, test=0.1).divide(known)
    check(parts, known)
    assert [parts[part].labelled for part in PARTS] == [210, 60, 30]
    assert sizes(parts) == [310, 60, 30]


def test_without_any_label_all_are_split():
    known = labels(100, unknown=range(100))
    parts = Own().divide(known)
    check(parts, known)
    assert sizes(parts) == [70, 10, 20]
    assert [parts[part].labelled for part in PARTS] == [0, 0, 0]


def test_the_seed_decides():
    known = labels(200)
    first, again, other = (Own(split_seed=s).divide(known) for s in (1, 1, 2))
    assert np.array_equal(first["test"].rows, again["test"].rows)
    assert not np.array_equal(first["test"].rows, other["test"].rows)


def test_all_parts_as_they_are_given():
    known = labels(60, unknown=(3, 4, 40))
    given = ["train"] * 20 + ["val"] * 15 + ["test"] * 25
    parts = Own(val=0.9, test=0.05).divide(known, given)
    check(parts, known)
    for part in PARTS:
        assert sorted(parts[part].rows) == [i for i, g in enumerate(given) if g == part]
    assert parts["test"].rows[-1] == 40
    assert [parts[part].labelled for part in PARTS] == [18, 15, 24]


def test_none_is_train():
    parts = Own().divide(labels(9), [None] * 5 + ["val"] * 2 + ["test"] * 2)
    assert parts["train"].rows.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("there", ["test", "val"])
def test_what_is_not_given_is_split_off_the_labelled_of_train(there):
    known = labels(240, unknown=range(20))
    given = ["train"] * 220 + [there] * 20
    parts = Own(val=0.1, test=0.2).divide(known, given)
    check(parts, known)
    assert sorted(parts[there].rows) == list(range(220, 240))
    missing = "val" if there == "test" else "test"
    share = {"val": 0.1, "test": 0.2}[missing]
    assert len(parts[missing].rows) == parts[missing].labelled == round(200 * share)


def test_if_only_train_is_given_the_shares_are_of_all():
    known = labels(300)
    assert sizes(Own(val=0.1, test=0.2).divide(known, ["train"] * 300)) == [210, 30, 60]


@pytest.mark.parametrize(
    ("data", "known", "given", "told"),
    [
        (Own(), labels(1), None, r"mine: no example is left for the val part of 1"),
        (Own(), labels(2), None, r"mine: no example is left for the \w+ part of 2"),
        (Own(val=0), labels(50), None, r"no example is left for the val part"),
        (Own(test=0), labels(50), None, r"no example is left for the test part"),
        (Own(val=0.5, test=0.5), labels(50), None, r"dataset\.val=0\.5 and dataset\.test=0\.5"),
        (Own(val=0.5, test=0.5), labels(50), ["train"] * 50, r"dataset\.val=0\.5"),
        (Own(), labels(50), ["test"] * 50, r"no example is left for the train part"),
        (Own(), labels(2), ["trian", "test"], r"mine: there is no part 'trian'.*train"),
        (Own(), labels(0), None, r"mine: no example is left for the train part of 0"),
    ],
)
def test_what_cannot_be_divided_is_told(data, known, given, told):
    with pytest.raises(UserError, match=told) as error:
        data.divide(known, given)
    assert "\n" not in str(error.value)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from([None, *PARTS])),
             min_size=1, max_size=60),
    st.floats(0, 0.6), st.floats(0, 0.6), st.booleans(),
)  # fmt: skip
def test_any_division_is_whole_or_told(rows, val, test, is_given):
    known = from_classes([label for label, _ in rows])
    given = [part for _, part in rows] if is_given else None
    try:
        parts = Own(val=val, test=test).divide(known, given)
    except UserError:
        return
    check(parts, known)
    for part in PARTS:
        assert len(parts[part].rows) > 0
        if given is not None and part != "train" and part in given:
            assert sorted(parts[part].rows) == [i for i, g in enumerate(given) if g == part]


def test_a_path_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=r"dataset\.path=.*nowhere is not there"):
        _ = Own(path=str(tmp_path / "nowhere")).source
    assert Own(path=str(tmp_path)).source == tmp_path
