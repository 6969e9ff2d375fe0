"""Patches, put together again into the pictures that they were cut from."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reading import decoded, keys, sizes

from narrows.datasets.pictures import SETS, Pictures
from narrows.errors import UserError


@pytest.fixture(scope="module")
def set5(narrows_data):
    with np.load(narrows_data / "sr_set5.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    return [decoded(arrays, "hr", "webp", i) for i in range(5)]


def load(place, monkeypatch, name="set5", **options):
    monkeypatch.setenv("NARROWS_DATA", str(place))
    data = Pictures(name=name, **options)
    return data.load(Path()), data.facts()["pictures"]


def tiles(picture, size, stride):
    """All patches of a picture, by a plain loop."""
    _, height, width = picture.shape
    return [
        picture[:, top : top + size, left : left + size]
        for top in range(0, height - size + 1, stride)
        for left in range(0, width - size + 1, stride)
    ]


@pytest.mark.parametrize(("size", "stride"), [(32, None), (48, 20), (200, None)])
def test_each_picture_is_in_one_part_whole(size, stride, set5, narrows_data, monkeypatch):
    parts, pictures = load(narrows_data, monkeypatch, size=size, stride=stride)
    assert pictures == {"train": 3, "val": 1, "test": 1}
    where = []
    for picture in set5:
        cut = keys(tiles(picture, size, stride or size))
        (part,) = [name for name, some in parts.items() if cut <= keys(some.x)]
        where.append(part)
        assert not any(cut & keys(some.x) for name, some in parts.items() if name != part)
    assert sorted(where) == ["test", "train", "train", "train", "val"]
    n = sum(len(tiles(picture, size, stride or size)) for picture in set5)
    assert sum(sizes(parts).values()) == n
    for part in parts.values():
        assert part.x.shape[1:] == (3, size, size)
        assert part.y.shape == (len(part.x), 0)


def test_grey_is_the_weighted_sum_of_colours(narrows_data, monkeypatch):
    colour, _ = load(narrows_data, monkeypatch)
    grey, _ = load(narrows_data, monkeypatch, channels=1)
    weights = np.array([0.299, 0.587, 0.114])[:, None, None]
    for part in colour:
        wanted = (colour[part].x * weights).sum(1, keepdims=True)
        assert np.abs(grey[part].x - wanted).max() < 1


@pytest.mark.parametrize("name", SETS)
def test_every_set(name, narrows_data, monkeypatch):
    parts, pictures = load(narrows_data, monkeypatch, name)
    assert sum(pictures.values()) == SETS[name][1]
    assert min(sizes(parts).values()) > 0
    if name == "bsd100":
        # Pictures are 481 x 321 or upright.
        assert sizes(parts) == {part: 150 * n for part, n in pictures.items()}


def write_folder(place, set5):
    (place / "Set5").mkdir()
    for i, picture in enumerate(set5):
        image = Image.fromarray(picture.transpose(1, 2, 0))
        image.save(place / "Set5" / f"{i}.{'bmp' if i == 2 else 'png'}")
    (place / "Set5" / "Readme.txt").write_text("pictures")


def write_archive(place, set5):
    """With smaller pictures beside the whole ones."""
    write_folder(place, set5)
    with zipfile.ZipFile(place / "Set5.zip", "w") as archive:
        for path in sorted((place / "Set5").iterdir()):
            for kind in ("SRF_2_HR", "SRF_2_LR", "SRF_4_HR"):
                archive.write(path, f"image_{kind[:5]}/img_{path.stem}_{kind}{path.suffix}")


@pytest.mark.parametrize("write", [write_folder, write_archive])
def test_folders_and_archives(write, set5, narrows_data, tmp_path, monkeypatch):
    write(tmp_path, set5)
    ours, _ = load(tmp_path, monkeypatch)
    packed, _ = load(narrows_data, monkeypatch)
    for part in packed:
        assert np.array_equal(ours[part].x, packed[part].x)


def test_what_cannot_be_is_told(set5, narrows_data, tmp_path, monkeypatch):
    # One of the pictures is 228 pixels wide; with this seed it is the only one of the test.
    with pytest.raises(UserError, match=r"dataset\.size=256 is larger than the pictures for test"):
        load(narrows_data, monkeypatch, size=256, split_seed=8)
    with pytest.raises(UserError, match=r"dataset\.val=0\.6 and dataset\.test=0\.4"):
        load(narrows_data, monkeypatch, val=0.6, test=0.4)
    write_folder(tmp_path, set5)
    (tmp_path / "Set5/1.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"Set5/1\.png is no image, or broken"):
        load(tmp_path, monkeypatch)
    (tmp_path / "Set5/1.png").unlink()
    with pytest.raises(UserError, match="Set5 has 4 pictures, not 5"):
        load(tmp_path, monkeypatch)
