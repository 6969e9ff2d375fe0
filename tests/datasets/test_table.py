"""Tables, against scikit-learn fitted on the same rows, and each way in which one may be wrong."""

import csv
import pickle

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from narrows.datasets.table import Table
from narrows.errors import UserError

CITIES = ("Oslo", "Rome", "", "Bern", "Lima")


def write_csv(path, columns, **options):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, **options)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def make_columns(n=400, seed=0):
    """A table with an id, numbers with holes, words with holes, and labels."""
    rng = np.random.default_rng(seed)
    holes = rng.random(n) < 0.2
    return {
        "id": np.arange(n).tolist(),
        "height": [str(v) for v in rng.normal(170, 10, n)],
        "weight": [
            "" if hole else str(v) for hole, v in zip(holes, rng.gamma(9, 8, n), strict=True)
        ],
        "city": rng.choice(CITIES, n).tolist(),
        "plain": rng.choice(["u", "v"], n).tolist(),
        "code": rng.integers(1, 4, n).tolist(),
        "label_a": rng.integers(0, 2, n).tolist(),
        "label_b": rng.integers(0, 2, n).tolist(),
    }


@pytest.fixture
def columns():
    return make_columns()


def whole(part):
    block = part.x.block(0, part.x.shape[0])
    assert not block.problems
    return block.values


def table(path, **options):
    chosen = {"labels": ["label_*"], "ignore": ["id"], "categorical": ["code"]}
    return Table(path=str(path), **(chosen | options))


def rows_of(dataset):
    return {part: d.rows for part, d in dataset._study().parts.items()}


def as_scikit_learn(columns, train, rows):
    """Transform with scikit-learn's own pieces, fitted on the train rows."""
    wanted = []
    for name in ("height", "weight"):
        x = np.array([np.nan if v == "" else float(v) for v in columns[name]])[:, None]
        imputer = SimpleImputer(add_indicator=True).fit(x[train])
        scaler = StandardScaler().fit(x[train])
        filled = imputer.transform(x[rows])
        wanted.append(np.hstack([scaler.transform(filled[:, :1]), filled[:, 1:]]))
    for name in ("city", "plain", "code"):
        # Missing is the last category.
        x = np.array([str(v) or "~" for v in columns[name]])[:, None]
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(x[train])
        wanted.append(encoder.transform(x[rows]))
    return np.hstack(wanted)


def test_values_are_those_of_scikit_learn(columns, tmp_path):
    dataset = table(write_csv(tmp_path / "a.csv", columns))
    parts = dataset.load(tmp_path)
    rows = rows_of(dataset)
    assert sorted(np.concatenate(list(rows.values()))) == columns["id"]
    assert [len(rows[p]) for p in ("train", "val", "test")] == [280, 40, 80]
    for part, chosen in rows.items():
        wanted = as_scikit_learn(columns, rows["train"], chosen)
        found = whole(parts[part])
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
        y = np.stack([columns["label_a"], columns["label_b"]], 1)[chosen]
        assert np.array_equal(parts[part].y, y)
        assert parts[part].labelled == len(chosen)
    spec = dataset.spec()
    assert (spec.shape, spec.labels, spec.kind) == ((13,), ("label_a", "label_b"), "table")
    assert dataset.facts()["features"] == [
        "height", "weight", "weight missing",
        "city=Bern", "city=Lima", "city=Oslo", "city=Rome", "city missing",
        "plain=u", "plain=v", "code=1", "code=2", "code=3",
    ]  # fmt: skip


def test_the_card_has_what_new_rows_need(columns, tmp_path):
    dataset = table(write_csv(tmp_path / "a.csv", columns))
    parts, rows = dataset.load(tmp_path), rows_of(dataset)
    facts = {c["name"]: c for c in dataset.facts()["columns"]}
    train = [float(columns["height"][i]) for i in rows["train"]]
    assert facts["height"]["kind"] == "number"
    assert facts["height"]["mean"] == pytest.approx(np.mean(train))
    assert facts["height"]["std"] == pytest.approx(np.std(train))
    assert facts["city"]["categories"] == ["Bern", "Lima", "Oslo", "Rome", None]
    assert facts["weight"]["missing"] == columns["weight"].count("")
    assert facts["city"]["missing"] == columns["city"].count("")
    # From the facts alone, as a reader of the card would do it.
    row = int(rows["test"][3])
    x = []
    for column in dataset.facts()["columns"]:
        value = str(columns[column["name"]][row]) or None
        if column["kind"] == "number":
            x.append(0 if value is None else (float(value) - column["mean"]) / column["std"])
            x += [value is None] if column["missing_in_train"] else []
        else:
            x += [value == c for c in column["categories"]]
    np.testing.assert_allclose(whole(parts["test"])[3], x, rtol=1e-5, atol=1e-6)


def test_blocks_are_slices_and_rows_can_be_pickled(columns, tmp_path):
    parts = table(write_csv(tmp_path / "a.csv", columns)).load(tmp_path)
    x = pickle.loads(pickle.dumps(parts["train"].x))
    together = np.concatenate([x.block(i, min(i + 7, 280)).values for i in range(0, 280, 7)])
    assert np.array_equal(together, whole(parts["train"]))
    assert x.shape == (280, 13)
    assert not x.sparse


def test_parquet_gives_the_same_as_csv(columns, tmp_path):
    typed = {
        "height": [float(v) for v in columns["height"]],
        "weight": [float(v) if v else None for v in columns["weight"]],
        "city": [v or None for v in columns["city"]],
    }
    parquet.write_table(pa.table(columns | typed), tmp_path / "a.parquet", row_group_size=90)
    one = table(write_csv(tmp_path / "a.csv", columns))
    other = table(tmp_path / "a.parquet")
    assert one.spec() == other.spec()
    one_parts, other_parts = one.load(tmp_path), other.load(tmp_path)
    for part in one_parts:
        assert np.array_equal(whole(one_parts[part]), whole(other_parts[part]))
        assert np.array_equal(one_parts[part].y, other_parts[part].y)


def test_yeast_as_csv_is_yeast(narrows_data, tmp_path):
    with np.load(narrows_data / "ml_yeast.npz") as stored:
        yeast = {name: stored[name] for name in stored.files}
    x = np.concatenate([yeast["x_train"], yeast["x_test"]])
    y = np.concatenate([yeast["y_train"], yeast["y_test"]])
    columns = {f"f{i}": [str(float(v)) for v in x[:, i]] for i in range(103)}
    columns |= {f"y {i}": y[:, i].tolist() for i in range(14)}
    columns["part"] = ["train"] * 1500 + ["test"] * 917
    path = write_csv(tmp_path / "yeast.csv", columns, delimiter=";")
    dataset = Table(path=str(path), labels=["y *"], split_column="part", separator="semicolon")
    parts = dataset.load(tmp_path)
    assert len(parts["train"].y) + len(parts["val"].y) == 1500
    assert len(parts["val"].y) == pytest.approx(150, abs=10)
    rows = rows_of(dataset)
    scaler = StandardScaler().fit(x[rows["train"]].astype(np.float64))
    for part in parts:
        wanted = scaler.transform(x[rows[part]].astype(np.float64))
        np.testing.assert_allclose(whole(parts[part]), wanted, rtol=1e-4, atol=1e-5)
        assert np.array_equal(parts[part].y, y[rows[part]])
    assert np.array_equal(rows["test"], np.arange(1500, 2417))


def small(tmp_path, text, **options):
    path = tmp_path / "a.csv"
    path.write_text(text)
    return Table(path=str(path), **({"val": 0.2, "test": 0.2} | options))


def with_rows(heading, row, n=10):
    return (
        heading + "\n" + "".join(row.format(i=i, half=i % 2, third=i % 3) + "\n" for i in range(n))
    )


def test_a_class_column_gives_one_label_for_each_class(tmp_path):
    dataset = small(tmp_path, with_rows("v,kind", "{i},{third}", 30), labels=["kind"])
    assert dataset.spec().labels == ("0", "1", "2")
    for part, found in dataset.load(tmp_path).items():
        assert np.array_equal(found.y.argmax(1), rows_of(dataset)[part] % 3)
        assert (found.y.sum(1) == 1).all()


def test_classes_that_are_numbers_are_in_their_order(tmp_path):
    text = "v,kind\n" + "".join(f"{i},{(i % 12) - 1}\n" for i in range(60))
    names = tuple(map(str, range(-1, 11)))
    assert small(tmp_path, text, labels=["kind"]).spec().labels == names


def test_one_column_of_0_and_1_is_one_label(tmp_path):
    dataset = small(tmp_path, with_rows("v,kind", "{i},{half}", 30), labels=["kind"])
    assert dataset.spec().labels == ("kind",)
    for part, found in dataset.load(tmp_path).items():
        assert np.array_equal(found.y[:, 0], rows_of(dataset)[part] % 2)


def test_a_list_column_and_rows_without_labels(tmp_path):
    lists = ["red|blue", " blue ", "", "green|red|green"] * 10
    text = "v,tags\n" + "".join(f"{i},{tags}\n" for i, tags in enumerate(lists))
    dataset = small(tmp_path, text, labels=["tags"], label_separator="pipe")
    assert dataset.spec().labels == ("blue", "green", "red")
    parts, rows = dataset.load(tmp_path), rows_of(dataset)
    for part, found in parts.items():
        wanted = [{t.strip() for t in lists[r].split("|")} - {""} for r in rows[part]]
        names = [{n for n, v in zip(dataset.spec().labels, y, strict=True) if v} for y in found.y]
        assert names == wanted
    assert parts["train"].labelled == len(rows["train"]) - 10
    assert all(lists[r] == "" for r in rows["train"][-10:])
    # Out of order, as these rows are, they are read right all the same.
    spread = np.arange(40)[rows["train"]]
    mean, std = np.mean(rows["train"]), np.std(rows["train"])
    np.testing.assert_allclose(whole(parts["train"])[:, 0], (spread - mean) / std, rtol=1e-5)


def test_a_table_without_labels_is_split_too(tmp_path):
    dataset = small(tmp_path, with_rows("v,w", "{i},{half}"))
    parts = dataset.load(tmp_path)
    assert [(len(p.y), p.y.shape[1], p.labelled) for p in parts.values()] == [
        (6, 0, 0),
        (2, 0, 0),
        (2, 0, 0),
    ]


PARTS = "v,w,p\n1,a,train\n3,a,Train\n5,,train\n,b,val\n9,a,test\n"


def test_what_only_val_and_test_have(tmp_path):
    dataset = small(tmp_path, PARTS, split_column="p")
    facts = dataset.facts()
    assert facts["features"] == ["v", "w=a", "w missing"]
    parts = dataset.load(tmp_path)
    assert whole(parts["val"]).tolist() == [[0, 0, 0]]
    assert whole(parts["test"]).tolist() == [[pytest.approx(6 / np.sqrt(8 / 3)), 1, 0]]
    v, w = facts["columns"]
    assert (v["missing"], v["missing_in_train"], "note" in v) == (1, 0, True)
    assert w["unknown"] == 1


def test_a_constant_column_is_zero_and_an_empty_one_is_left_out(tmp_path):
    dataset = small(tmp_path, with_rows("v,same,none", "{i},0.1,"))
    assert dataset.facts()["features"] == ["v", "same"]
    assert dataset.facts()["columns_without_values_in_train"] == ["none"]
    assert np.abs(whole(dataset.load(tmp_path)["train"])[:, 1]).max() < 1e-6


def test_large_numbers_that_differ_a_little_keep_their_differences(tmp_path):
    text = "time\n" + "".join(f"{1_700_000_000 + i}\n" for i in range(1000))
    dataset = small(tmp_path, text)
    values, rows = whole(dataset.load(tmp_path)["train"]), rows_of(dataset)["train"]
    np.testing.assert_allclose(
        values[:, 0], (rows - rows.mean()) / rows.std(), rtol=1e-4, atol=1e-5
    )


def test_what_is_wrong_with_a_row_is_told_or_left_out(tmp_path):
    heading = "v,p,label_a,label_b\n"
    good = "".join(f"{i},,{i % 2},{i // 2 % 2}\n" for i in range(20))
    wrong = {
        "inf,,0,1": "column 'v' has an infinite value",
        "1,,2,1": "label column 'label_a' has '2', not 0 or 1",
        "1,,,1": "label column 'label_a' has no value, not 0 or 1",
        "1,maybe,0,1": "column 'p' has 'maybe', not train, val or test",
        "1,,0": "3 values where the heading has 4",
    }
    options = {"labels": ["label_*"], "split_column": "p"}
    for row, told in wrong.items():
        with pytest.raises(UserError, match=rf"a\.csv line 22: {told}.*on_error=skip"):
            small(tmp_path, heading + good + row + "\n", **options).spec()
    text = heading + good + "\n".join(wrong) + "\n" + good
    dataset = small(tmp_path, text, **options, on_error="skip")
    parts = dataset.load(tmp_path)
    assert sum(len(p.y) for p in parts.values()) == 40
    facts = dataset.facts()
    clean = small(tmp_path, heading + good + good, **options)
    assert sum(whole(p).sum() for p in parts.values()) == pytest.approx(
        sum(whole(p).sum() for p in clean.load(tmp_path).values()), abs=1e-4
    )
    assert facts["rows_left_out"] == 5
    assert len(facts["left_out"]) == 5
    for line, told in zip(range(22, 27), wrong.values(), strict=True):
        assert any(f"line {line}: {told}" in text for text in facts["left_out"])


def test_a_value_too_far_from_the_mean_is_told(tmp_path):
    text = "v,p\n1,train\n1.0001,train\n1e300,val\n1,test\n"
    part = small(tmp_path, text, split_column="p").load(tmp_path)["val"]
    assert "column 'v' of example 3" in part.x.block(0, 1).problems[0]


NAMED = "age,label_one,label_two,up_y,down_y\n1,0,1,0,1\n"


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("a,b\n", {}, r"a\.csv has a heading and no rows"),
        ("", {}, r"a\.csv is empty"),
        ("a,b\n1,2\n", {}, "no example is left for the"),
        ("a,b\n1,2\n", {"labels": ["c"]}, r"no column 'c' for dataset\.labels"),
        ("age,b\n1,2\n", {"ignore": ["aeg"]}, r"dataset\.ignore; did you mean 'age'"),
        ("a;b\n1;2\n", {"labels": ["b"]}, r"try dataset\.separator=semicolon"),
        (
            with_rows("a;b", "w{i};1", 30),
            {"max_categories": 9},
            r"try dataset\.separator=semicolon",
        ),
        (NAMED, {"labels": ["lable_*"]}, r"dataset\.labels; did you mean 'label_\*'"),
        (NAMED, {"labels": ["*_yn"]}, r"dataset\.labels; did you mean '\*_y'"),
        (NAMED, {"labels": ["aeg*"]}, r"dataset\.labels; did you mean 'age'"),
        ("a,b\n1,2\n", {"ignore": ["*"]}, "no column is left to learn from"),
        ("a,b\n1,2\n", {"labels": ["a"], "ignore": ["a"]}, "column 'a' is for labels and"),
        (with_rows("a,b", "w{i},1", 30), {"max_categories": 9}, r"'a' has more than 9 different"),
        (with_rows("a", "{i}", 30) + "x\n", {"max_categories": 9}, r"\('x' is no number"),
        (
            with_rows("a,b,c", "1,0,1"),
            {"labels": ["b", "c"], "label_separator": ";"},
            r"dataset\.label_separator is for one column",
        ),
        (with_rows("a", "-1e308") + "1e308\n" * 90, {}, "too large to take their mean"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path, text, options, told):
    with pytest.raises(UserError, match=told) as error:
        small(tmp_path, text, **options).spec()
    assert "\n" not in str(error.value)


def test_what_is_no_table_is_told(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    for path in (tmp_path, tmp_path / "a.xlsx"):
        with pytest.raises(UserError, match=r"is not a table; give a file"):
            Table(path=str(path)).spec()
    with pytest.raises(UserError, match="is not there"):
        Table(path=str(tmp_path / "b.csv")).spec()


def test_a_changed_file_is_read_anew(tmp_path):
    text = with_rows("v,w", "{i},{half}")
    assert small(tmp_path, text).spec().shape == (2,)
    changed = small(tmp_path, with_rows("v,w,z", "{i},{half},{third}"))
    assert changed.spec().shape == (3,)


def test_cells_are_written_once(tmp_path, columns):
    dataset = table(write_csv(tmp_path / "a.csv", columns))
    dataset.load(tmp_path)
    (cells,) = tmp_path.glob("cells-*.npy")
    first = cells.stat().st_mtime_ns
    dataset.load(tmp_path)
    assert cells.stat().st_mtime_ns == first
    table(tmp_path / "a.csv", categorical=[]).load(tmp_path)
    assert len(list(tmp_path.glob("cells-*.npy"))) == 2
