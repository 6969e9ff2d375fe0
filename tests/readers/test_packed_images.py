"""Packed images against Pillow, and broken ones."""

import io
import pickle
import random

import numpy as np
import pytest
from fuzzing import CASES, fuzz, mutated
from PIL import Image

from narrows.errors import UserError
from narrows.readers.npz import read_npz
from narrows.readers.packed_images import PackedImages, read_packed

PICTURES = np.random.default_rng(0).integers(0, 255, (5, 6, 7, 3), np.uint8)


def encoded(kind, pictures=PICTURES, **options):
    files = []
    for picture in pictures:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, kind, **options)
        files.append(file.getvalue())
    return files


def write(path, files, kind="webp", **changes):
    offsets = np.cumsum([0, *map(len, files)])
    content = np.frombuffer(b"".join(files), np.uint8)
    np.savez(path, **({f"x_{kind}": content, "x_offsets": offsets} | changes))
    return path


def read(path, kind="webp"):
    return PackedImages(*read_packed(path, "x", kind), (3, 6, 7), str(path))


def test_lossless_images_come_as_they_were(tmp_path):
    path = write(tmp_path / "a.npz", encoded("webp", lossless=True))
    rows = pickle.loads(pickle.dumps(read(path)))
    assert rows.shape == (5, 3, 6, 7)
    assert rows.dtype == np.uint8
    values, problems = rows.block(1, 4)
    assert not problems
    assert np.array_equal(values, PICTURES[1:4].transpose(0, 3, 1, 2))
    taken = rows.take(np.array([4, 0]))
    assert np.array_equal(taken.block(0, 2).values, PICTURES[[4, 0]].transpose(0, 3, 1, 2))


def test_jpegs_come_as_pillow_decodes_them(narrows_data):
    path = narrows_data / "cifar10_jpeg.npz"
    content, bounds = read_packed(path, "test", "jpeg")
    with np.load(path) as stored:
        offsets = stored["test_offsets"]
    values = PackedImages(content, bounds, (3, 32, 32), str(path)).block(7000, 7010).values
    for row in range(10):
        file = io.BytesIO(content[offsets[7000 + row] : offsets[7001 + row]].tobytes())
        with Image.open(file) as image:
            assert np.array_equal(values[row], np.asarray(image).transpose(2, 0, 1))


def test_a_broken_image_is_told_and_the_others_are_read(tmp_path):
    files = encoded("webp", lossless=True)
    files[1] = files[1][:20]
    files[3] = encoded("webp", PICTURES[:, :3], lossless=True)[0]
    path = write(tmp_path / "a.npz", files)
    values, problems = read(path).block(0, 5)
    assert set(problems) == {1, 3}
    assert problems[1].startswith(f"{path}: the image in bytes {len(files[0])} to ")
    assert "is no image, or broken" in problems[1]
    assert "has 7 x 3 pixels" in problems[3]
    whole = [0, 2, 4]
    assert np.array_equal(values[whole], PICTURES[whole].transpose(0, 3, 1, 2))


OFFSETS = {
    "descending": [0, 50, 20],
    "beyond": [0, 20, 10**9],
    "negative": [-5, 20, 30],
    "floats": [0.0, 20.0, 30.0],
    "none": np.zeros(0, int),
    "matrix": [[0, 1], [1, 2]],
}


@pytest.mark.parametrize("offsets", OFFSETS.values(), ids=OFFSETS)
def test_offsets_that_do_not_fit_are_told(offsets, tmp_path):
    path = write(tmp_path / "a.npz", encoded("png"), x_offsets=np.array(offsets))
    with pytest.raises(UserError, match=r"a\.npz is broken \(x_offsets do not fit\)"):
        read(path)


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.array([{}], object))
    with pytest.raises(UserError, match=r"a\.npz is broken .*allow_pickle"):
        read_npz(path, ["x"])


def test_an_archive_that_claims_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("narrows.readers.npz.MAX_BYTES", 1000)
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(5000))
    with pytest.raises(UserError, match="claims 40,"):
        read_npz(tmp_path / "a.npz", ["x"])


def test_mutated_archives(tmp_path):
    path = tmp_path / "a.npz"
    write(path, encoded("webp", lossless=True))
    contents = [path.read_bytes()]
    np.savez_compressed(path, x_webp=np.arange(99, dtype=np.uint8), x_offsets=np.arange(0, 99, 9))
    contents.append(path.read_bytes())

    def decode(path):
        rows = read(path)
        _, problems = rows.block(0, rows.shape[0])
        assert all(told.startswith(str(path)) for told in problems.values())

    fuzz(contents, tmp_path / "x.npz", decode)


def test_mutated_images(tmp_path):
    """Archives that are whole, with images that are not."""
    rng = random.Random(0)
    files = [f for kind in ("webp", "jpeg", "png") for f in encoded(kind)]
    told = 0
    for _ in range(CASES // 10):
        broken = [mutated(rng.choice(files), rng) + b"." for _ in range(10)]
        bounds = np.cumsum([0, *map(len, broken)])
        content = np.frombuffer(b"".join(broken), np.uint8)
        rows = PackedImages(content, np.stack([bounds[:-1], bounds[1:]], 1), (3, 6, 7), "x")
        told += len(rows.block(0, 10).problems)
    assert CASES / 5 < told < CASES
