"""Omniglot from the archive that was published and as one file."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reading import keys, sizes

from narrows.datasets.omniglot import ALPHABETS, CLASSES, Omniglot, reduced
from narrows.errors import UserError


@pytest.fixture(scope="module")
def stored(narrows_data):
    with np.load(narrows_data / "omniglot_small1.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="module")
def published(stored, tmp_path_factory):
    """The form that was published: one PNG of 1 bit for each drawing, ink being black."""
    root = tmp_path_factory.mktemp("omniglot")
    names = stored["class_names"]
    for ink, y, drawer in zip(stored["x"], stored["y"], stored["drawer"], strict=True):
        folder = root / "images_background_small1" / str(names[y])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(ink == 0).save(folder / f"{y + 1:04}_{drawer:02}.png")
    return root


def load(place, monkeypatch, **options):
    monkeypatch.setenv("NARROWS_DATA", str(place))
    return Omniglot(**options).load(Path())


def label_of(stored):
    return {x.tobytes(): y for x, y in zip(stored["x"], stored["y"], strict=True)}


def test_drawings_keep_their_characters(stored, narrows_data, monkeypatch):
    parts = load(narrows_data, monkeypatch, size=105)
    known = label_of(stored)
    seen = 0
    for part in parts.values():
        assert ((part.x == 0) | (part.x == 255)).all()
        for x, y in zip(part.x, part.y, strict=True):
            assert y.sum() == 1
            assert known[(x[0] > 0).astype(np.uint8).tobytes()] == y.argmax()
            seen += 1
    assert seen == 2720
    # 14, 2 and 4 drawers of each character.
    for part, n in (("train", 14), ("val", 2), ("test", 4)):
        assert parts[part].y.sum(0, dtype=int).tolist() == [n] * 136


@pytest.mark.parametrize("split_by", ["character", "alphabet"])
def test_few_shot_parts_have_no_label_in_common(split_by, narrows_data, monkeypatch):
    parts = load(narrows_data, monkeypatch, split_by=split_by)
    assert sum(sizes(parts).values()) == 2720
    labels = {part: set(np.flatnonzero(some.y.any(0))) for part, some in parts.items()}
    if split_by == "alphabet":
        labels = {p: {CLASSES[i].split("/")[0] for i in some} for p, some in labels.items()}
        assert {p: len(some) for p, some in labels.items()} == {"train": 3, "val": 1, "test": 1}
    else:
        assert {p: len(some) for p, some in labels.items()} == {
            "train": 95, "val": 14, "test": 27,
        }  # fmt: skip
    assert not labels["train"] & labels["test"]
    assert not labels["train"] & labels["val"]
    assert not labels["val"] & labels["test"]


@pytest.mark.parametrize("zipped", [False, True])
def test_the_published_form(zipped, published, narrows_data, tmp_path, monkeypatch):
    place = published
    if zipped:
        place = tmp_path
        with zipfile.ZipFile(tmp_path / "images_background_small1.zip", "w") as archive:
            for path in sorted(published.rglob("*.png"), reverse=True):
                archive.write(path, path.relative_to(published))
    ours = load(place, monkeypatch)
    packed = load(narrows_data, monkeypatch)
    for part in packed:
        assert np.array_equal(ours[part].x, packed[part].x)
        assert np.array_equal(ours[part].y, packed[part].y)


def test_a_missing_drawing_is_told(published, monkeypatch):
    path = published / "images_background_small1" / CLASSES[5] / "0006_07.png"
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(UserError, match="has 2719 drawings that are not the 2,720"):
        load(published, monkeypatch)
    path.write_bytes(content[:30])
    with pytest.raises(UserError, match=r"0006_07\.png is no image, or broken"):
        load(published, monkeypatch)
    path.write_bytes(content)


def test_alphabets_have_as_many_characters_as_are_known():
    assert len(CLASSES) == 136
    assert list(ALPHABETS.values()) == [24, 22, 24, 40, 26]


def test_averaging_against_pillow_and_whole_ratios():
    rng = np.random.default_rng(0)
    ink = (rng.random((4, 105, 105)) < 0.3).astype(np.uint8)
    blocks = ink.reshape(4, 35, 3, 35, 3).mean((2, 4))
    assert np.abs(reduced(ink, 35) - np.round(blocks * 255)).max() <= 1
    for size in (28, 50, 105):
        for one, ours in zip(ink, reduced(ink, size), strict=True):
            pillow = Image.fromarray(one * np.uint8(255)).resize((size, size), Image.Resampling.BOX)
            # Pillow gives each old pixel to one new one or the other; on the whole they agree.
            assert abs(float(ours.mean()) - float(np.asarray(pillow).mean())) < 1.5
    assert len(keys(reduced(ink, 105))) == 4
