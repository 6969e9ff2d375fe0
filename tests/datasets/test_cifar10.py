"""CIFAR-10 in each form that it comes in."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reading import decoded, sizes, values

from narrows.datasets import cifar10
from narrows.datasets.cifar10 import CLASSES, Cifar10
from narrows.errors import UserError


@pytest.fixture(scope="module")
def stored(narrows_data):
    with np.load(narrows_data / "cifar10_jpeg.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_packed_jpegs(stored, narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    data = Cifar10()
    parts = data.load(Path())
    assert sizes(parts) == {"train": 45_000, "val": 5_000, "test": 10_000}
    assert parts["train"].y.sum(0, dtype=int).tolist() == [4500] * 10
    assert parts["val"].y.sum(0, dtype=int).tolist() == [500] * 10
    assert parts["test"].y.sum(0, dtype=int).tolist() == [1000] * 10
    assert tuple(stored["class_names"]) == CLASSES
    assert data.facts() == {"form": "cifar10_jpeg.npz: JPEG copies"}
    # Each training image is in one part: rows are told apart by where their bytes begin.
    begin = np.concatenate([parts[p].x.bounds[:, 0] for p in ("train", "val")])
    assert np.array_equal(np.sort(begin), stored["train_offsets"][:-1])
    for part, name in (("train", "train"), ("val", "train"), ("test", "test")):
        for row in (0, 1234, 4321):
            place = parts[part].x.bounds[row, 0]
            number = int(np.searchsorted(stored[f"{name}_offsets"], place))
            block = parts[part].x.block(row, row + 1)
            assert np.array_equal(block.values[0], decoded(stored, name, "jpeg", number))
            assert parts[part].y[row].argmax() == stored[f"y_{name}"][number]


def test_channel_means_are_the_known_ones(narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))
    block = Cifar10().load(Path())["val"].x.block(0, 5000)
    means = block.values.mean((0, 2, 3)) / 255
    # Of 5,000 images the mean is within four standard errors of 0.12 / sqrt(5000).
    np.testing.assert_allclose(means, (0.491, 0.482, 0.447), atol=0.008)


@pytest.fixture
def small(tmp_path, workdir, monkeypatch):
    """A folder for a smaller copy: 20 images a batch, of which there are six."""
    monkeypatch.setattr(cifar10, "_RECORDS", 20)
    monkeypatch.setattr(cifar10, "_COUNTS", {"train": 100, "test": 20})
    monkeypatch.setenv("NARROWS_DATA", str(tmp_path))
    return tmp_path


X = np.random.default_rng(0).integers(0, 255, (120, 3, 32, 32), np.uint8)
Y = np.arange(120) % 10


def batches():
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    return {
        name: b"".join(bytes([Y[i]]) + X[i].tobytes() for i in range(20 * number, 20 * number + 20))
        for number, name in enumerate(names)
    }


def archive(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def write_folder(place):
    (place / "cifar-10-batches-bin").mkdir()
    for name, content in batches().items():
        (place / "cifar-10-batches-bin" / name).write_bytes(content)


def write_archive(place):
    content = archive({"readme.html": b"x"} | batches())
    (place / "cifar-10-binary.tar.gz").write_bytes(content)


def write_pictures(place):
    for i, picture in enumerate(X):
        folder = place / "cifar10" / ("train" if i < 100 else "test") / CLASSES[Y[i]]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture.transpose(1, 2, 0)).save(folder / f"{i:04}.png")


FORMS = {"folder": write_folder, "archive": write_archive, "pictures": write_pictures}


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS)
def test_public_forms(write, small):
    write(small)
    data = Cifar10(val=20)
    parts = data.load(Path())
    assert sizes(parts) == {"train": 80, "val": 20, "test": 20}
    assert parts["val"].y.sum(0).tolist() == [2] * 10
    known = {x.tobytes(): y for x, y in zip(X, Y, strict=True)}
    seen = set()
    for name, part in parts.items():
        for x, y in zip(values(part), part.y, strict=True):
            assert y.sum() == 1
            assert known[x.tobytes()] == y.argmax()
            seen.add(x.tobytes())
            assert (x.tobytes() in {t.tobytes() for t in X[100:]}) == (name == "test")
    assert len(seen) == 120
    assert len(data.sources()) == 1


def test_forms_give_the_same_arrays(small, tmp_path_factory, monkeypatch):
    read = []
    for name in ("folder", "archive"):
        place = tmp_path_factory.mktemp(name)
        FORMS[name](place)
        monkeypatch.setenv("NARROWS_DATA", str(place))
        read.append(Cifar10(val=20).load(Path()))
    for part in ("train", "val", "test"):
        assert np.array_equal(read[0][part].x, read[1][part].x)


WHOLE = archive(batches())
BROKEN = {
    "cut off": (WHOLE[: len(WHOLE) // 2], "is broken"),
    "empty": (b"", "is broken"),
    "no archive": (b"<html>", "is broken"),
    "gzip alone": (gzip.compress(b"x" * 2000), "is broken"),
    "no batch": (archive({"a.bin": b""}), "data_batch_1.bin has 0 bytes, not 61,460"),
    "short batch": (archive(batches() | {"test_batch.bin": b"0"}), "test_batch.bin has 0 bytes"),
    "wrong class": (archive(batches() | {"data_batch_2.bin": b"\x0b" * 61_460}), "none of 0 to 9"),
}


@pytest.mark.parametrize(("content", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_archive_is_named(content, told, small):
    (small / "cifar-10-binary.tar.gz").write_bytes(content)
    with pytest.raises(UserError, match=rf"cifar-10-binary\.tar\.gz.*{told}") as error:
        Cifar10(val=20).load(Path())
    assert "\n" not in str(error.value)


def test_a_missing_picture_is_told(small):
    write_pictures(small)
    next((small / "cifar10/train/cat").iterdir()).unlink()
    with pytest.raises(UserError, match="cifar10 has 99 images for train, not 100"):
        Cifar10(val=20).load(Path())


def test_a_broken_picture_is_named(small):
    write_pictures(small)
    (small / "cifar10/test/cat/0103.png").write_bytes(b"no png")
    part = Cifar10(val=20).load(Path())["test"]
    block = part.x.block(0, 20)
    assert len(block.problems) == 1
    (row,) = block.problems
    assert "0103.png" in block.problems[row]
    assert part.y[row].argmax() == CLASSES.index("cat")


def test_too_large_a_validation_part_is_told(small):
    write_folder(small)
    with pytest.raises(UserError, match=r"dataset\.val=100 leaves no image"):
        Cifar10(val=100).load(Path())


def test_a_download_is_kept_where_it_is_found(small, monkeypatch):
    def fetch(url, path, checksum):
        assert url.startswith("https://")
        assert checksum.startswith("md5:")
        path.parent.mkdir(parents=True)
        path.write_bytes(WHOLE)

    monkeypatch.setattr(cifar10, "fetch", fetch)
    assert sizes(Cifar10(val=20).load(Path()))["test"] == 20
    again = Cifar10(val=20)
    assert sizes(again.load(Path()))["train"] == 80
    # Its checksum was verified: nothing has to be looked at for changes.
    assert again.sources() == []
