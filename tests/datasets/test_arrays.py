"""Arrays in every form, against numpy itself, and each way in which one may be wrong."""

import pickle

import numpy as np
import pytest
from fuzz_arrays import FUZZ, mutated

from narrows.datasets.arrays import Arrays
from narrows.errors import UserError


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def arrays(path, **options):
    return Arrays(path=str(path), **options)


def whole(part):
    block = part.x.block(0, part.x.shape[0])
    assert not block.problems
    return block.values


def rows_of(dataset):
    return {part: d.rows for part, d in dataset._study().parts.items()}


def save(form, path, **stored):
    """Save in one of the forms that are read."""
    if form == "folder":
        (path / "a").mkdir()
        for name, array in stored.items():
            np.save(path / "a" / f"{name}.npy", array)
        return path / "a"
    writer = np.savez_compressed if form == "compressed" else np.savez
    writer(path / "a.npz", **stored)
    return path / "a.npz"


@pytest.mark.parametrize("form", ["npz", "compressed", "folder"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_table_and_its_labels(tmp_path, rng, form, order):
    x = np.asarray(rng.normal(size=(60, 7)), order=order)
    y = np.asarray(rng.integers(0, 2, (60, 3)), order=order)
    path = save(form, tmp_path, x=x, y=y, label_names=np.array(["a", "b", "ü"]))
    dataset = arrays(path)
    spec = dataset.spec()
    assert (spec.shape, spec.labels, spec.kind) == ((7,), ("a", "b", "ü"), "table")
    parts, rows = dataset.load(tmp_path), rows_of(dataset)
    assert sorted(np.concatenate(list(rows.values()))) == list(range(60))
    for part, found in parts.items():
        assert np.array_equal(whole(found), x[rows[part]].astype(np.float32))
        assert whole(found).dtype == np.float32
        assert np.array_equal(found.y, y[rows[part]])
        assert found.labelled == len(rows[part])


@pytest.mark.parametrize(
    ("shape", "options", "wanted"),
    [
        ((9, 8), {}, (1, 9, 8)),
        ((9, 8, 3), {}, (3, 9, 8)),
        ((3, 9, 8), {}, (3, 9, 8)),
        ((9, 8, 5), {"channels": "last"}, (5, 9, 8)),
        ((3, 9, 4), {"channels": "first"}, (3, 9, 4)),
        ((9, 8), {"kind": "table"}, (72,)),
    ],
)
def test_images_have_their_channels_first(tmp_path, rng, shape, options, wanted):
    x = rng.integers(0, 256, (20, *shape), np.uint8)
    dataset = arrays(save("npz", tmp_path, x=x), **options)
    assert dataset.spec().shape == wanted
    part = dataset.load(tmp_path)["train"]
    chosen = x[rows_of(dataset)["train"]]
    if len(shape) == 3 and wanted == (shape[2], *shape[:2]):
        chosen = chosen.transpose(0, 3, 1, 2)
    found = whole(part)
    assert found.dtype == (np.float32 if options.get("kind") == "table" else np.uint8)
    assert np.array_equal(found, chosen.reshape(-1, *wanted))


def test_a_npy_file_alone_has_no_labels(tmp_path, rng):
    x = rng.normal(size=(30, 4)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    dataset = arrays(tmp_path / "x.npy")
    parts = dataset.load(tmp_path)
    assert dataset.spec().labels == ()
    for part, found in parts.items():
        assert np.array_equal(whole(found), x[rows_of(dataset)[part]])
        assert found.labelled == 0
    # Read where it lies.
    assert [p.name for p in tmp_path.iterdir()] == ["x.npy"]


def test_parts_by_name_and_rows_without_labels(tmp_path, rng):
    x = {p: rng.normal(size=(n, 3)) for p, n in (("train", 20), ("test", 9), ("unlabelled", 5))}
    path = save(
        "npz",
        tmp_path,
        **{f"x_{p}": v for p, v in x.items()},
        y_train=np.arange(20) % 2,
        y_test=np.arange(9) % 2,
    )
    dataset = arrays(path)
    parts = dataset.load(tmp_path)
    assert np.array_equal(whole(parts["test"]), x["test"].astype(np.float32))
    assert np.array_equal(parts["test"].y.argmax(1), np.arange(9) % 2)
    labelled = parts["train"].labelled
    assert labelled + len(parts["val"].y) == 20
    assert np.array_equal(whole(parts["train"])[labelled:], x["unlabelled"].astype(np.float32))
    assert not parts["train"].y[labelled:].any()
    everything = np.concatenate([whole(parts["train"])[:labelled], whole(parts["val"])])
    assert np.array_equal(np.sort(everything, 0), np.sort(x["train"].astype(np.float32), 0))


CLASSES = {
    "whole numbers": (np.array([2, 0, 1, -1] * 10), ("0", "1", "2")),
    "real numbers": (np.array([2, 0, 1, np.nan] * 10), ("0", "1", "2")),
    "words": (np.array(["c", "a", "b", ""] * 10), ("a", "b", "c")),
    "bytes": (np.array([b"c", b"a", b"b", b""] * 10), ("a", "b", "c")),
    "matrix": (np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [-1, -1, -1]] * 10), ("0", "1", "2")),
    "real matrix": (
        np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [np.nan] * 3] * 10),
        ("0", "1", "2"),
    ),
}


@pytest.mark.parametrize(("y", "names"), CLASSES.values(), ids=CLASSES)
def test_classes_of_every_type(tmp_path, y, names):
    x = np.arange(40.0)[:, None]
    dataset = arrays(save("npz", tmp_path, x=x, y=y))
    assert dataset.spec().labels == names
    parts = dataset.load(tmp_path)
    for part, found in parts.items():
        rows = whole(found)[:, 0].astype(int)
        wanted = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 0]])[rows % 4]
        assert np.array_equal(found.y, wanted)
        assert found.labelled == (rows % 4 != 3).sum()
        assert part == "train" or found.labelled == len(rows)


def test_names_of_classes_are_given(tmp_path):
    stored = {"x": np.zeros((30, 2)), "y": np.arange(30) % 3}
    names = np.array(["x", "y", "z", "none"])
    assert arrays(
        save("npz", tmp_path, **stored, names=names), label_names="names"
    ).spec().labels == (
        "x",
        "y",
        "z",
        "none",
    )


def test_blocks_are_slices_and_rows_can_be_pickled(tmp_path, rng):
    x = rng.normal(size=(5000, 300))
    dataset = arrays(save("compressed", tmp_path, x=x))
    part = dataset.load(tmp_path)["val"]
    rows = pickle.loads(pickle.dumps(part.x))
    together = np.concatenate([rows.block(i, i + 97).values for i in range(0, 500, 97)])
    assert np.array_equal(together, x[rows_of(dataset)["val"]].astype(np.float32))


def test_a_compressed_array_is_written_once(tmp_path, rng):
    path = save("compressed", tmp_path, x=rng.normal(size=(50, 3)))
    arrays(path).load(tmp_path)
    (kept,) = tmp_path.glob("*.npy")
    first = kept.stat().st_mtime_ns
    arrays(path).load(tmp_path)
    assert kept.stat().st_mtime_ns == first


def test_yeast(narrows_data, tmp_path):
    dataset = arrays(narrows_data / "ml_yeast.npz")
    with np.load(narrows_data / "ml_yeast.npz") as stored:
        yeast = {name: stored[name] for name in stored.files}
    parts = dataset.load(tmp_path)
    assert np.array_equal(whole(parts["test"]), yeast["x_test"])
    assert np.array_equal(parts["test"].y, yeast["y_test"])
    assert dataset.spec().labels == tuple(yeast["label_names"])
    assert dataset.facts()["features"] == yeast["feature_names"].tolist()
    both = np.concatenate([whole(parts["train"]), whole(parts["val"])])
    assert np.array_equal(np.sort(both, 0), np.sort(yeast["x_train"], 0))


def test_mnist(narrows_data, tmp_path):
    dataset = arrays(narrows_data / "mnist.npz")
    assert dataset.spec().shape == (1, 28, 28)
    with np.load(narrows_data / "mnist.npz") as stored:
        x, y = stored["x_test"], stored["y_test"]
    part = dataset.load(tmp_path)["test"]
    assert np.array_equal(part.x.block(500, 700).values[:, 0], x[500:700])
    assert np.array_equal(part.y.argmax(1), y)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_a_row_that_float32_cannot_hold_is_told(tmp_path, value):
    x = np.arange(60.0).reshape(20, 3)
    x[7, 1] = value
    dataset = arrays(save("npz", tmp_path, x=x))
    told = []
    for part, found in dataset.load(tmp_path).items():
        for place, text in found.x.block(0, found.x.shape[0]).problems.items():
            told.append((rows_of(dataset)[part][place], text))
    ((row, text),) = told
    assert row == 7
    assert "a.npz (x.npy): row 7 has NaN, infinite" in text


def test_wrong_labels_are_told_or_left_out(tmp_path):
    y = np.array([[0, 1], [1, 0]] * 10)
    y[3, 1] = 2
    path = save("npz", tmp_path, x=np.arange(20.0)[:, None], y=y)
    with pytest.raises(UserError, match=r"a\.npz: y\.npy has a value that is not 0 or 1 for row 3"):
        arrays(path).spec()
    dataset = arrays(path, on_error="skip")
    rows = np.concatenate([whole(part)[:, 0] for part in dataset.load(tmp_path).values()])
    assert sorted(rows) == [i for i in range(20) if i != 3]
    assert dataset.facts()["rows_left_out"] == 1


X, Y = np.zeros((20, 2)), np.arange(20) % 2
WRONG = {
    "no x": ({"z": X}, "has no array 'x' or 'x_train'"),
    "pickled": ({"x": np.array([{}, 1], object)}, "holds pickled objects"),
    "complex": ({"x": X.astype(complex)}, "holds values of type complex128"),
    "words": ({"x": np.array(["a"] * 20)}, "examples are rows of numbers"),
    "no rows": ({"x": np.zeros(())}, "examples are rows of numbers"),
    "nothing": ({"x": np.zeros((0, 3))}, "no example is left"),
    "short y": ({"x": X, "y": Y[:9]}, r"y is \(9,\) for 20 rows"),
    "deep y": ({"x": X, "y": np.zeros((20, 2, 2))}, r"y is float64 \(20, 2, 2\)"),
    "names": ({"x": X, "y": np.zeros((20, 2)), "label_names": Y[:3]}, "2 labels and there are 3"),
    "twice": ({"x": X, "y": Y, "label_names": np.array(["a", "a"])}, "two labels have the same"),
    "parts": ({"x_train": X, "x_test": X[:, :1]}, "rows have to be alike"),
    "parts of y": (
        {"x_train": X, "y_train": Y, "x_test": X, "y_test": np.zeros((20, 2))},
        "rows must be alike",
    ),
    "class": ({"x": X, "y": Y - 2}, "no class from 0"),
    "half": ({"x": X, "y": Y / 2}, "no class from 0"),
    "channels": ({"x": np.zeros((20, 9, 9, 9), np.uint8)}, r"dataset\.channels"),
}


@pytest.mark.parametrize(("stored", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_in_one_line(tmp_path, stored, told):
    path = save("npz", tmp_path, **stored)
    with pytest.raises(UserError, match=told) as error:
        arrays(path).spec()
    assert "\n" not in str(error.value)
    assert "a.npz" in str(error.value) or "label names" in str(error.value)


def test_float_images_are_refused(tmp_path):
    path = save("npz", tmp_path, x=np.zeros((20, 4, 4)))
    with pytest.raises(UserError, match="images are uint8"):
        arrays(path, kind="image").spec()


def claiming(shape):
    """A .npy file whose header claims a shape."""
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + bytes(80)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is broken"),
        (b"\x93NUMPY", "is broken"),
        (claiming((10,))[:-1], "is cut off"),
        (claiming((10, 10**15)), "is cut off"),
        (claiming((10**15, 3)), "says 1,000,000,000,000,000 rows"),
        (claiming((10**15, 0)), "says 1,000,000,000,000,000 rows"),
        (claiming((-1, 3)), "is broken"),
        (b"\x93NUMPY\x03\x00" + claiming((1,))[8:], "is broken"),
        (pickle.dumps([1, 2]), "is broken"),
    ],
)
def test_a_broken_npy_is_told(tmp_path, content, told):
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(UserError, match=told) as error:
        arrays(tmp_path / "x.npy").spec()
    assert "\n" not in str(error.value)


def test_what_holds_no_array_is_told(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x")
    for path in (tmp_path, tmp_path / "a.txt"):
        with pytest.raises(UserError, match=r"holds no array|is not a \.npz file"):
            arrays(path).spec()


def test_mutated_files_are_read_or_told(tmp_path):
    x, y = np.arange(24.0).reshape(12, 2), np.arange(12) % 3
    names = np.array(["a", "b", "c"])
    seeds = [
        save(form, tmp_path, x=x, y=y, label_names=names).read_bytes()
        for form in ("npz", "compressed")
    ]
    told = []
    for i, content in enumerate(mutated(seeds, FUZZ)):
        path = tmp_path / "m.npz"
        path.write_bytes(content)
        work = tmp_path / f"work{i}"
        work.mkdir()
        try:
            for part in arrays(path).load(work).values():
                part.x.block(0, part.x.shape[0])
        except UserError as error:
            told.append(str(error))
    assert 0 < len(told) < FUZZ
    assert not any("\n" in text for text in told)


def test_mutated_npy_files_are_read_or_told(tmp_path):
    path = tmp_path / "m.npy"
    np.save(path, np.arange(40, dtype=np.uint8).reshape(10, 2, 2))
    told = []
    for content in mutated([path.read_bytes()], FUZZ):
        path.write_bytes(content)
        try:
            for part in arrays(path).load(tmp_path).values():
                part.x.block(0, part.x.shape[0])
        except UserError as error:
            told.append(str(error))
    assert 0 < len(told) < FUZZ
    assert not any("\n" in text for text in told)
