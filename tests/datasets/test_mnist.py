"""MNIST in each form that it comes in, and each way in which it may be broken."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from narrows.datasets import idx_images
from narrows.datasets.mnist import Mnist
from narrows.errors import UserError
from narrows.readers import download

FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


@pytest.fixture(scope="module")
def arrays(narrows_data):
    with np.load(narrows_data / "mnist.npz") as stored:
        return {name: stored[name] for name in FILES}


@pytest.fixture
def folder(tmp_path, workdir, monkeypatch):
    """An empty folder that NARROWS_DATA names, without network."""
    place = tmp_path / "there"
    place.mkdir()
    monkeypatch.setenv("NARROWS_DATA", str(place))

    def refuse(url):
        raise OSError("no network in tests")

    monkeypatch.setattr(download, "_open", refuse)
    return place


def idx(array):
    """The IDX format, as http://yann.lecun.com/exdb/mnist describes it."""
    sizes = b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return b"\0\0\x08" + bytes([array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def check(parts, arrays):
    assert {name: len(part.x) for name, part in parts.items()} == {
        "train": 55000,
        "val": 5000,
        "test": 10000,
    }
    assert np.array_equal(parts["test"].x[:, 0], arrays["x_test"])
    assert np.array_equal(parts["test"].y.argmax(1), arrays["y_test"])
    for part in parts.values():
        assert (part.y.sum(1) == 1).all()
    # All training images are in one of two parts, each with its label.
    both = np.concatenate([parts["train"].x, parts["val"].x])[:, 0].reshape(60000, -1)
    digits = np.concatenate([parts["train"].y, parts["val"].y]).argmax(1)
    keys = np.random.default_rng(0).integers(1, 2**40, size=784)
    ours = sorted(zip(both.astype(np.int64) @ keys, digits, strict=True))
    published = arrays["x_train"].reshape(60000, -1).astype(np.int64) @ keys
    assert ours == sorted(zip(published, arrays["y_train"], strict=True))


def test_npz(arrays, narrows_data, folder, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    check(Mnist().load(Path()), arrays)


def test_one_digit_to_learn_from(arrays, narrows_data, folder, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    parts, whole = Mnist(only=8).load(Path()), Mnist().load(Path())
    for name in ("train", "val"):
        eights = whole[name].x[whole[name].y[:, 8] == 1]
        assert np.array_equal(parts[name].x, eights)
        assert np.array_equal(parts[name].y, np.eye(10, dtype=np.uint8)[[8] * len(eights)])
    assert np.array_equal(parts["test"].x, whole["test"].x)
    assert np.array_equal(parts["test"].y, whole["test"].y)


def test_a_label_that_is_none_is_told_before_anything_is_read(folder):
    with pytest.raises(UserError, match=r"dataset\.only: there is no label '12'"):
        Mnist(only=12).load(Path())


def test_idx_files_zipped_or_not(arrays, folder):
    for name, file in FILES.items():
        if name == "x_train":
            (folder / file).write_bytes(idx(arrays[name]))
        else:
            (folder / f"{file}.gz").write_bytes(gzip.compress(idx(arrays[name]), 0))
    parts = Mnist().load(Path())
    assert np.array_equal(parts["test"].x[:, 0], arrays["x_test"])
    assert np.array_equal(parts["test"].y.argmax(1), arrays["y_test"])
    assert len(parts["train"].x) == 55000


def test_one_changed_pixel_is_told(arrays, folder):
    changed = arrays["x_test"].copy()
    changed[77, 3, 4] ^= 1
    np.savez(folder / "mnist.npz", **(arrays | {"x_test": changed}))
    with pytest.raises(
        UserError, match=r"mnist\.npz: x_test of MNIST there is not the published one"
    ):
        Mnist().load(Path())


def test_validation_larger_than_the_training_part_is_told(
    arrays, narrows_data, folder, monkeypatch
):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    with pytest.raises(UserError, match=r"dataset\.val=60000"):
        Mnist(val=60000).load(Path())


def test_other_data_under_its_name_is_told(folder):
    for name, file in FILES.items():
        shape = (4, 28, 28) if name[0] == "x" else (4,)
        (folder / file).write_bytes(idx(np.zeros(shape)))
    with pytest.raises(UserError, match=r"ubyte: x_train of MNIST there is not the published one"):
        Mnist().load(Path())


ZIPPED = gzip.compress(idx(np.random.default_rng(0).integers(0, 255, (50, 28, 28))))
BROKEN = {
    "not zipped": b"<html>sign in to go on</html>",
    "cut off": ZIPPED[: len(ZIPPED) // 2],
    "damaged": ZIPPED[:200] + b"\xff" * 200 + ZIPPED[400:],
    "damaged head": ZIPPED[:10] + b"\xff" * 20 + ZIPPED[30:],
    "empty": b"",
    "too short": gzip.compress(b"\0\0"),
    "sizes do not fit": gzip.compress(idx(np.zeros((5, 28, 28)))[:-100]),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named(content, folder):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte\.gz is broken") as told:
        Mnist().load(Path())
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\3\4 cut off", b"\x93NUMPY"])
def test_a_broken_npz_is_named(content, folder):
    (folder / "mnist.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"mnist\.npz is broken"):
        Mnist().load(Path())


def test_an_npz_without_an_array_is_named(folder):
    np.savez(folder / "mnist.npz", x_train=np.zeros((2, 28, 28), np.uint8))
    with pytest.raises(UserError, match=r"mnist\.npz is broken.*y_train"):
        Mnist().load(Path())


@pytest.mark.parametrize("variable", [True, False])
def test_without_network_the_remedy_is_named(folder, workdir, monkeypatch, variable):
    if not variable:
        monkeypatch.delenv("NARROWS_DATA")
    told = r"train-images-idx3-ubyte\.gz could not .*no network in tests.* put it at data/downloads"
    with pytest.raises(UserError, match=told):
        Mnist().load(Path())
    assert not [path for path in workdir.rglob("*") if path.is_file()]


class Response(io.BytesIO):
    headers = {}  # noqa: RUF012


# With names, since a gzip file's head has the time.
@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"other"), ZIPPED[:100], b"<html>"],
    ids=["other", "cut off", "a page"],
)
def test_a_download_that_is_not_the_published_file_is_not_kept(
    content, folder, workdir, monkeypatch
):
    monkeypatch.setattr(download, "_open", lambda url: Response(content))
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte\.gz"):
        Mnist().load(Path())
    assert not list(workdir.rglob("*ubyte*"))


def test_what_was_downloaded_is_not_downloaded_again(arrays, folder, workdir, monkeypatch):
    fetched = []

    def fetch(url, path, checksum):
        name = next(name for name, stem in FILES.items() if url.endswith(f"/{stem}.gz"))
        fetched.append((url, checksum))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(idx(arrays[name]), 0))

    monkeypatch.setattr(idx_images, "fetch", fetch)
    first = Mnist().load(Path())
    assert len(fetched) == len(set(fetched)) == 4
    assert all(
        url.startswith("https://") and checksum.startswith("md5:") for url, checksum in fetched
    )
    again = Mnist().load(Path())
    assert len(fetched) == 4
    assert np.array_equal(first["train"].x, again["train"].x)
    assert not Mnist().sources()
