"""Images of any format, size and mode, to arrays of one size."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal

import numpy as np
from PIL import Image

Fit = Literal["crop", "pad", "stretch"]

# What Pillow decodes by itself; others, such as EPS, would start programs.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF", "TGA", "ICO")
SUFFIXES = frozenset(
    {
        ".jpg", ".jpeg", ".jpe", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm",
        ".pbm", ".pnm", ".jp2", ".avif", ".tga", ".ico",
    }
)  # fmt: skip
# Pillow takes 4 bytes a pixel, and as much again to change the mode: at most 400 MB an image.
MAX_PIXELS = 50_000_000
_ORIENTATION = 0x0112
_TURNS = {
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_270],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_90],
}


class ImageError(Exception):
    """An image cannot be read: its text says why, without naming the file."""


@contextmanager
def quiet() -> Iterator[None]:
    """Keep back Pillow's warnings: what matters of them is checked here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_image(file: BinaryIO, size: tuple[int, int], channels: int, fit: Fit) -> np.ndarray:
    """Read an image, upright, without transparency, at the size that is asked for.

    Args:
        file: of any of the formats.
        size: height and width of the result.
        channels: 1 for grey, 3 for RGB.
        fit: cut the longer side off (crop), add black borders (pad), or change the proportions
            (stretch).

    Returns:
        (channels, height, width) uint8.

    Raises:
        ImageError: if it is broken, no image, or too large.
    """
    with decoding():
        return _read(file, size, channels, fit)


def size_of(file: BinaryIO) -> tuple[int, int]:
    """Return (height, width) as the file has them, of which no pixel is decoded.

    Raises:
        ImageError: if it is no image, or too large.
    """
    with decoding(), Image.open(file) as image:
        return image.height, image.width


@contextmanager
def decoding() -> Iterator[None]:
    """Turn whatever a decoder raises into an ImageError that says why."""
    try:
        yield
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError("takes more memory than there is") from error
    # Pillow's decoders raise nearly everything for what is not an image.
    except Exception as error:
        raise ImageError(_reason(error)) from error


def check_size(image: Image.Image) -> None:
    """Refuse an image of more pixels than there is memory for, before they are decoded."""
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(
            f"claims {image.width} x {image.height} pixels, more than "
            f"{MAX_PIXELS / 1e6:.0f} million; make it smaller"
        )


def _reason(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return f"has more than {MAX_PIXELS / 1e6:.0f} million pixels"
    if isinstance(error, Image.UnidentifiedImageError):
        return "is no image"
    return f"is broken ({' '.join(str(error).split()) or type(error).__name__})"


def _read(file: BinaryIO, size: tuple[int, int], channels: int, fit: Fit) -> np.ndarray:
    with Image.open(file, formats=FORMATS) as image:
        turns = _TURNS.get(_orientation(image), [])
        height, width = size
        sideways = any(t not in _UPRIGHT for t in turns)
        target = (height, width) if sideways else (width, height)
        enough = _at_least(image.size, target, fit)
        if enough[0] < image.width and enough[1] < image.height:
            # JPEG is decoded at a half, a quarter or an eighth of its size where that is enough.
            image.draft("L" if channels == 1 else "RGB", enough)
        check_size(image)
        picture = _resize(_flat(image, "L" if channels == 1 else "RGB"), target, fit)
        for turn in turns:
            picture = picture.transpose(turn)
        values = np.asarray(picture)
    return values[None] if channels == 1 else values.transpose(2, 0, 1)


_UPRIGHT = {
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.ROTATE_180,
}


def _orientation(image: Image.Image) -> int:
    """Return how a camera was held, 1 for upright, or where its note cannot be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1


def _at_least(whole: tuple[int, int], target: tuple[int, int], fit: Fit) -> tuple[int, int]:
    """Return the size that the whole image may be decoded at, so that it is never enlarged.

    Twice the size that is needed: resizing from there is as good as from the whole.
    """
    ratios = [2 * t / w for t, w in zip(target, whole, strict=True)]
    if fit == "stretch":
        return (2 * target[0], 2 * target[1])
    ratio = max(ratios) if fit == "crop" else min(ratios)
    return (max(1, round(whole[0] * ratio)), max(1, round(whole[1] * ratio)))


def _flat(image: Image.Image, mode: Literal["L", "RGB"]) -> Image.Image:
    """Return the image in 8 bits a channel, on white where it was transparent."""
    if image.mode.startswith("I"):
        # 16 bits: the larger half of each value.
        values = np.asarray(image)
        image = Image.fromarray((np.clip(values, 0, 65535) >> 8).astype(np.uint8))
    elif image.mode == "F":
        raise ImageError("has floats, of which nobody knows the range; save it with 8 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white
    return image if image.mode == mode else image.convert(mode)


def _resize(image: Image.Image, target: tuple[int, int], fit: Fit) -> Image.Image:
    """Resize with antialiasing to (width, height)."""
    if fit == "pad":
        ratio = min(target[0] / image.width, target[1] / image.height)
        inner = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
        canvas = Image.new(image.mode, target)
        left, top = (target[0] - inner[0]) // 2, (target[1] - inner[1]) // 2
        canvas.paste(_scaled(image, inner, (0, 0, *image.size)), (left, top))
        return canvas
    if fit == "stretch":
        return _scaled(image, target, (0, 0, *image.size))
    ratio = min(image.width / target[0], image.height / target[1])
    width, height = target[0] * ratio, target[1] * ratio
    left, top = (image.width - width) / 2, (image.height - height) / 2
    return _scaled(image, target, (left, top, left + width, top + height))


def _scaled(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    if size == image.size and box == (0, 0, *image.size):
        return image
    return image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
