"""A person's own pictures: read as they are, and written with what else was in the file."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps

from narrows.files import write_with
from narrows.readers.images import FORMATS, SUFFIXES, ImageError, check_size, decoding, quiet

# Formats that are written as they were read; all else becomes PNG, which loses nothing.
_KEPT = {"JPEG": {"quality": 95, "subsampling": 0}, "PNG": {}, "TIFF": {}, "WEBP": {"quality": 95},
         "BMP": {}, "PPM": {}}  # fmt: skip
KEPT_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".bmp", ".ppm", ".pgm", ".pbm",
     ".pnm"}
)  # fmt: skip
_WITHOUT_ALPHA = ("JPEG", "BMP", "PPM")
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Photo:
    """A picture in memory.

    Attributes:
        pixels: (C, H, W), uint8, or uint16 where the file has 16 bits; C is 1 or 3.
        alpha: (H, W) uint8, how opaque each pixel is; None if all are.
        format: of the file it came from, by Pillow's name.
        extra: what is written with it again: ICC profile, EXIF without the orientation.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    format: str = "PNG"
    extra: dict[str, Any] = field(default_factory=dict)


def is_picture(path: Path) -> bool:
    """Return whether a file's name is that of a picture."""
    return path.suffix.lower() in SUFFIXES


def read_photo(path: Path | str) -> Photo:
    """Read a picture upright, with all of its pixels.

    Raises:
        ImageError: if it is broken, no image, moving, or too large.
    """
    with decoding(), quiet(), Image.open(path, formats=FORMATS) as image:
        return photo_of(image)


def photo_of(image: Image.Image) -> Photo:
    """Take a picture from Pillow's.

    Raises:
        ImageError: if it is moving or too large, or has floats.
    """
    check_size(image)
    if getattr(image, "n_frames", 1) > 1:
        raise ImageError("has several frames; give a still picture")
    if image.mode == "F":
        raise ImageError("has floats, of which nobody knows the range; save it with 8 bits")
    kind, upright = image.format or "PNG", _upright(image)
    extra = _extra(image)
    if upright.mode.startswith("I"):
        values = np.asarray(upright).clip(0, 65535).astype(np.uint16)
        return Photo(values[None], None, kind, extra)
    alpha = None
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        alpha = np.asarray(upright.getchannel("A"))
    if upright.mode == "CMYK":
        upright, extra = _from_inks(upright, extra), {k: v for k, v in extra.items() if k == "exif"}
    grey = upright.mode in ("1", "L", "LA")
    values = np.asarray(upright.convert("L" if grey else "RGB"))
    return Photo(values[None] if grey else values.transpose(2, 0, 1), alpha, kind, extra)


def _upright(image: Image.Image) -> Image.Image:
    """Return an image as the camera's note says that it stands, or as it is if that is broken."""
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError):
        image.load()
        return image


def _extra(image: Image.Image) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if profile := image.info.get("icc_profile"):
        extra["icc_profile"] = profile
    exif = image.getexif()
    # The pixels are turned, so that a viewer must not turn them again.
    exif.pop(_ORIENTATION, None)
    # A TIFF's own notes say how its old pixels are laid out.
    if len(exif) and image.format != "TIFF":
        extra["exif"] = exif.tobytes()
    return extra


def _from_inks(image: Image.Image, extra: dict[str, Any]) -> Image.Image:
    """Return an image in inks as sRGB, by its own profile if it has one."""
    if "icc_profile" in extra:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(extra["icc_profile"]))
            turned = ImageCms.profileToProfile(
                image, own, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except ImageCms.PyCMSError:
            turned = None
        if turned is not None:
            return turned
    return image.convert("RGB")


def suffix_of(photo: Photo, path: Path) -> str:
    """Return the suffix under which a picture is written: its own, or .png."""
    return path.suffix if photo.format in _KEPT else ".png"


def write_photo(photo: Photo, path: Path | str) -> None:
    """Write a picture in its own format, or as PNG where that cannot be; whole or not at all."""
    path = Path(path)
    kind = photo.format if photo.format in _KEPT else "PNG"
    image = image_of(photo, alpha=kind not in _WITHOUT_ALPHA)
    extra = {} if kind in ("BMP", "PPM") else photo.extra
    path.parent.mkdir(parents=True, exist_ok=True)
    write_with(path, lambda temporary: image.save(temporary, format=kind, **_KEPT[kind], **extra))


def image_of(photo: Photo, alpha: bool = True) -> Image.Image:
    """Return a picture as Pillow's.

    Args:
        photo: the picture.
        alpha: with its transparency.
    """
    values = photo.pixels[0] if len(photo.pixels) == 1 else photo.pixels.transpose(1, 2, 0)
    image = Image.fromarray(np.ascontiguousarray(values))
    if photo.alpha is not None and alpha:
        image.putalpha(Image.fromarray(photo.alpha))
    return image
