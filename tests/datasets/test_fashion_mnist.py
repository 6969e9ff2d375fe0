"""Fashion-MNIST as Debian has it, and how it is told from MNIST."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from narrows.datasets.fashion_mnist import FashionMnist
from narrows.errors import UserError
from narrows.readers import download, places

STEMS = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
]  # fmt: skip


@pytest.fixture(scope="module")
def debian():
    folder = Path("/usr/share/datasets/fashion-mnist")
    if not folder.is_dir():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    return folder


@pytest.fixture
def offline(tmp_path, workdir, monkeypatch):
    """A folder that NARROWS_DATA names; nothing else is found."""

    def refuse(url):
        raise OSError("no network in tests")

    monkeypatch.setattr(download, "_open", refuse)
    monkeypatch.setattr(places, "SYSTEM", ())
    place = tmp_path / "there"
    place.mkdir()
    monkeypatch.setenv("NARROWS_DATA", str(place))
    return place


def test_debian_files(debian, workdir, monkeypatch):
    monkeypatch.delenv("NARROWS_DATA", raising=False)
    parts = FashionMnist(val=6000).load(Path())
    assert {part: len(some.x) for part, some in parts.items()} == {
        "train": 54000, "val": 6000, "test": 10000,
    }  # fmt: skip
    raw = gzip.decompress((debian / f"{STEMS[2]}.gz").read_bytes())
    assert raw[16:] == parts["test"].x.tobytes()
    labels = gzip.decompress((debian / f"{STEMS[3]}.gz").read_bytes())[8:]
    assert parts["test"].y.argmax(1).tolist() == list(labels)
    counts = parts["train"].y.sum(0, dtype=int) + parts["val"].y.sum(0, dtype=int)
    assert counts.tolist() == [6000] * 10
    # The mean and deviation that are in common use.
    x = np.concatenate([parts["train"].x, parts["val"].x]) / np.float32(255)
    assert abs(float(x.mean(dtype=float)) - 0.2860) < 5e-5
    assert abs(float(x.std(dtype=float)) - 0.3530) < 5e-5
    # The first test images are known to be an ankle boot, a pullover and two trousers.
    names = FashionMnist().spec().labels
    shown = [names[i] for i in parts["test"].y[:4].argmax(1)]
    assert shown == ["Ankle boot", "Pullover", "Trouser", "Trouser"]


def test_files_in_a_folder_of_its_own(debian, offline):
    (offline / "fashion-mnist").symlink_to(debian)
    assert len(FashionMnist().load(Path())["train"].x) == 55000


def test_files_beside_it_are_taken_for_those_of_mnist(offline):
    for stem in STEMS:
        (offline / stem).write_bytes(b"MNIST")
    told = r"fashion/train-images-idx3-ubyte\.gz could not .*no network in tests"
    with pytest.raises(UserError, match=told):
        FashionMnist().load(Path())


def test_mnist_under_its_name_is_told(offline, narrows_data):
    with np.load(narrows_data / "mnist.npz") as stored:
        x = stored["x_train"]
    (offline / "fashion-mnist").mkdir()
    head = b"\0\0\x08\3" + b"".join(int(n).to_bytes(4, "big") for n in x.shape)
    (offline / "fashion-mnist" / STEMS[0]).write_bytes(head + x.tobytes())
    with pytest.raises(UserError, match="x_train of Fashion-MNIST there is not the published one"):
        FashionMnist().load(Path())
