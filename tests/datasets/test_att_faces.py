"""The AT&T faces as one file and as the folders that were published."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reading import keys, sizes

from narrows.datasets.att_faces import AttFaces
from narrows.errors import UserError


@pytest.fixture(scope="module")
def stored(narrows_data):
    with np.load(narrows_data / "att_faces.npz") as arrays:
        return arrays["x"], arrays["y"]


@pytest.fixture(scope="module")
def published(stored, tmp_path_factory):
    root = tmp_path_factory.mktemp("att")
    for i, (x, y) in enumerate(zip(*stored, strict=True)):
        folder = root / "orl_faces" / f"s{y + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(x).save(folder / f"{i % 10 + 1}.pgm")
    (root / "orl_faces" / "README").write_text("The ORL Database of Faces")
    return root


def load(place, monkeypatch, **options):
    monkeypatch.setenv("NARROWS_DATA", str(place))
    return AttFaces(**options).load(Path())


def test_some_photographs_of_each_person(stored, narrows_data, monkeypatch):
    parts = load(narrows_data, monkeypatch)
    for part, n in (("train", 7), ("val", 1), ("test", 2)):
        assert parts[part].y.sum(0, dtype=int).tolist() == [n] * 40
    known = {x.tobytes(): y for x, y in zip(*stored, strict=True)}
    for part in parts.values():
        assert part.x.shape[1:] == (1, 112, 92)
        for x, y in zip(part.x, part.y, strict=True):
            assert known[x.tobytes()] == y.argmax()
    assert set.union(*(keys(part.x) for part in parts.values())) == set(known)


def test_whole_people(narrows_data, monkeypatch):
    parts = load(narrows_data, monkeypatch, split_by="person")
    assert sizes(parts) == {"train": 280, "val": 40, "test": 80}
    people = [set(part.y.argmax(1)) for part in parts.values()]
    assert [len(some) for some in people] == [28, 4, 8]
    assert len(set.union(*people)) == 40


@pytest.mark.parametrize("zipped", [False, True])
def test_the_published_form(zipped, published, narrows_data, tmp_path, monkeypatch):
    place = published
    if zipped:
        place = tmp_path
        with zipfile.ZipFile(tmp_path / "att_faces.zip", "w") as archive:
            for path in published.rglob("*.pgm"):
                archive.write(path, path.relative_to(published / "orl_faces"))
    ours, packed = load(place, monkeypatch), load(narrows_data, monkeypatch)
    for part in packed:
        assert np.array_equal(ours[part].x, packed[part].x)
        assert np.array_equal(ours[part].y, packed[part].y)


def test_a_missing_or_broken_photograph_is_named(published, monkeypatch):
    path = published / "orl_faces/s17/4.pgm"
    content = path.read_bytes()
    path.write_bytes(content[:5000])
    with pytest.raises(UserError, match=r"orl_faces/s17/4\.pgm is no image, or broken"):
        load(published, monkeypatch)
    path.unlink()
    with pytest.raises(UserError, match=r"orl_faces has no s17/4\.pgm"):
        load(published, monkeypatch)
    path.write_bytes(content)
