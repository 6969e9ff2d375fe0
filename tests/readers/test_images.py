"""Images of every mode and in every state."""

import io
import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from narrows.readers.images import ImageError, quiet, read_image

RNG = np.random.default_rng(0)
# A picture without symmetry: each corner has a colour of its own.
CORNERS = np.zeros((40, 60, 3), np.uint8)
CORNERS[:20, :30], CORNERS[:20, 30:] = (250, 0, 0), (0, 250, 0)
CORNERS[20:, :30], CORNERS[20:, 30:] = (0, 0, 250), (250, 250, 0)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(content, size=(40, 60), channels=3, fit="stretch"):
    with quiet():
        return read_image(io.BytesIO(content), size, channels, fit)


def corners(image):
    """The colours in the middle of the four quarters, from the top left, as letters."""
    _, height, width = image.shape
    names = {(1, 0, 0): "r", (0, 1, 0): "g", (0, 0, 1): "b", (1, 1, 0): "y", (0, 0, 0): "-"}
    places = [(height // 4 * a, width // 4 * b) for a in (1, 3) for b in (1, 3)]
    return "".join(names[tuple(int(v > 125) for v in image[:, h, w])] for h, w in places)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "PPM", "GIF", "TGA", "JPEG2000"])
def test_lossless_formats_give_the_pixels_back(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    image = read(encoded(Image.fromarray(CORNERS), kind, **options))
    assert image.dtype == np.uint8
    assert np.array_equal(image, CORNERS.transpose(2, 0, 1))


def test_jpeg_is_close_to_the_pixels():
    image = read(encoded(Image.fromarray(CORNERS), "JPEG", quality=95, subsampling=0))
    error = np.abs(image.astype(int) - CORNERS.transpose(2, 0, 1))
    assert error.mean() < 3


def upright(orientation):
    """The corners as a camera held in one of eight ways writes them, with its note."""
    image = Image.fromarray(CORNERS)
    turns = {
        2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4],
    }.get(orientation, [])  # fmt: skip
    # The file holds the picture turned the other way round.
    for turn in turns:
        image = image.transpose(Image.Transpose(turn))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, "JPEG", quality=95, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_pictures_are_turned_upright(orientation, fit):
    assert corners(read(upright(orientation), (40, 60), fit=fit)) == "rgby"


def test_a_note_that_makes_no_sense_turns_nothing():
    assert corners(read(upright(99))) == "rgby"


def test_crop_keeps_the_middle_and_the_proportions():
    wide = np.zeros((30, 90, 3), np.uint8)
    wide[:, 30:60] = 200
    assert (read(encoded(Image.fromarray(wide)), (30, 30), fit="crop") == 200).all()


def test_pad_keeps_everything_on_black():
    image = read(encoded(Image.new("RGB", (90, 30), "white")), (60, 60), fit="pad")
    rows = np.flatnonzero(image[0].all(1))
    assert rows.tolist() == list(range(20, 40))
    assert (image[:, 20:40] == 255).all()
    assert not image[:, :20].any()


def test_stretch_changes_the_proportions():
    image = read(encoded(Image.fromarray(CORNERS)), (60, 20), fit="stretch")
    assert image.shape == (3, 60, 20)
    assert corners(image) == "rgby"


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (7, 3), (200, 300)])
@pytest.mark.parametrize("whole", [(1, 1), (1, 300), (300, 1), (64, 64), (641, 37)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_any_size_becomes_the_size_that_is_asked_for(whole, size, fit, kind):
    content = encoded(Image.new("RGB", whole, (90, 90, 90)), kind)
    image = read(content, size, fit=fit)
    assert image.shape == (3, *size)
    assert abs(int(image[:, size[0] // 2, size[1] // 2].mean()) - 90) <= 1 or fit == "pad"


def test_resizing_averages_as_a_mean_over_blocks_does():
    noise = RNG.integers(0, 256, (256, 256), dtype=np.uint8)
    image = read(encoded(Image.fromarray(noise)), (8, 8), 1)[0]
    means = noise.reshape(8, 32, 8, 32).mean((1, 3))
    assert np.abs(image - means).max() < 12
    assert np.corrcoef(image.ravel(), means.ravel())[0, 1] > 0.8


def test_jpeg_decoded_at_a_part_of_its_size_is_close_to_the_whole():
    smooth = np.asarray(
        Image.fromarray(RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(
            (1600, 1200), Image.Resampling.BICUBIC
        )
    )
    content = encoded(Image.fromarray(smooth), "JPEG", quality=95)
    whole = (
        Image.open(io.BytesIO(content)).convert("RGB").resize((64, 48), Image.Resampling.BICUBIC)
    )
    error = np.abs(read(content, (48, 64)).astype(int) - np.asarray(whole).transpose(2, 0, 1))
    assert error.mean() < 1.5


def test_grey_of_colours_is_pillows():
    grey = read(encoded(Image.fromarray(CORNERS)), channels=1)
    assert np.array_equal(grey[0], np.asarray(Image.fromarray(CORNERS).convert("L")))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "RGB", "PA"])
def test_every_mode_becomes_grey_or_colour(mode):
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG", "PA": "TIFF"}.get(mode, "PNG")
    image = Image.fromarray(np.where(CORNERS > 0, 255, 0).astype(np.uint8)).convert(
        "P" if mode == "PA" else mode
    )
    content = encoded(image, kind)
    assert read(content).shape == (3, 40, 60)
    if mode not in ("1", "L", "LA"):
        assert corners(read(content)) == "rgby"
    assert read(content, channels=1).shape == (1, 40, 60)


def test_what_is_transparent_is_white():
    image = Image.new("RGBA", (60, 40), (250, 0, 0, 0))
    image.paste((0, 0, 250, 255), (0, 0, 30, 40))
    image.paste((0, 0, 0, 128), (30, 20, 60, 40))
    pixels = read(encoded(image))
    assert pixels[:, 10, 10].tolist() == [0, 0, 250]
    assert pixels[:, 10, 50].tolist() == [255, 255, 255]
    assert pixels[:, 30, 50].tolist() == [127, 127, 127]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_become_eight(kind):
    values = np.arange(0, 65536, 40, dtype=np.uint16)[:1600].reshape(40, 40)
    image = read(encoded(Image.fromarray(values), kind), (40, 40), 1)
    assert np.array_equal(image[0], values // 256)


def test_floats_are_refused():
    with pytest.raises(ImageError, match="has floats"):
        read(encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"))


def png_that_claims(width, height):
    """The smallest PNG with such a head: no pixel of it is there."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = b""
    for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")):
        checksum = struct.pack(">I", zlib.crc32(name + data))
        chunks += struct.pack(">I", len(data)) + name + data + checksum
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("side", [8000, 60000])
def test_a_png_that_claims_more_than_it_may_is_refused_unread(side):
    with pytest.raises(ImageError, match=r"million"):
        read(png_that_claims(side, side))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no image"),
        (b"Dear all, this is a letter.", "is no image"),
        (encoded(Image.fromarray(RNG.integers(0, 256, (90, 90, 3), np.uint8)))[:9000], "is broken"),
        (encoded(Image.fromarray(CORNERS), "JPEG")[:400], "is broken"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is no image"),
        (png_that_claims(50, 50), "is broken"),
    ],
)
def test_what_is_wrong_is_told(content, told):
    with pytest.raises(ImageError, match=told):
        read(content)


def fuzzed():
    """Whole files of several formats, mutated: bytes changed, cut out, doubled, cut off."""
    noise = Image.fromarray(RNG.integers(0, 256, (24, 20, 3), dtype=np.uint8))
    seeds = [encoded(noise, k) for k in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA")]
    seeds += [encoded(noise, k) for k in ("JPEG2000", "ICO")]
    seeds += [upright(6), encoded(noise.convert("CMYK"), "JPEG"), encoded(noise.convert("RGBA"))]
    seeds += [encoded(noise.convert("P"), "PNG"), encoded(noise, "TIFF", compression="tiff_lzw")]
    rng = np.random.default_rng(int(os.environ.get("NARROWS_FUZZ_SEED", "0")))
    for number in range(int(os.environ.get("NARROWS_FUZZ", "5000"))):
        content = bytearray(seeds[number % len(seeds)])
        for _ in range(rng.integers(1, 8)):
            # Heads are short and decide much: half of the changes are made there.
            end = len(content) if rng.random() < 0.5 else min(len(content), 64)
            place = int(rng.integers(max(1, end)))
            match rng.integers(5):
                case 0 | 1:
                    content[place : place + 1] = bytes([rng.integers(256)])
                case 2:
                    content[place : place + 4] = bytes([255] * 4)
                case 3:
                    del content[place : place + int(rng.integers(1, 40))]
                case _:
                    content[place:place] = content[place : place + 20]
        yield bytes(content[: rng.integers(len(content) + 1)] if rng.random() < 0.2 else content)


def test_mutated_files_are_read_or_told():
    read_well = told = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for content in fuzzed():
            try:
                image = read(content, (8, 8))
            except ImageError:
                told += 1
            else:
                assert image.shape == (3, 8, 8)
                read_well += 1
    assert read_well > 100
    assert told > 100
