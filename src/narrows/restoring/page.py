"""One page with each picture before and after, and a slider between them."""

import base64
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from narrows.report.templates import render
from narrows.restoring.photos import Photo, image_of

# A page of large pictures would be large itself: the files are beside it.
_SIDE = 1000


class Shown(NamedTuple):
    """What a page has of one picture.

    Attributes:
        name: of the result, from the page's folder on.
        before: the picture as a data: URI, enlarged if the result is larger.
        after: the result.
        size: of both here, width and height.
        whole: of the result's file.
    """

    name: str
    before: str
    after: str
    size: tuple[int, int]
    whole: tuple[int, int]


def shown(name: Path, before: Photo, after: Photo) -> Shown:
    """Return what a page shows of a picture."""
    large = _eight_bits(after)
    small = _eight_bits(before)
    if small.size != large.size:
        small = small.resize(large.size, Image.Resampling.BICUBIC)
    whole = large.size
    for image in (small, large):
        image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return Shown(name.as_posix(), _uri(small), _uri(large), large.size, whole)


def _eight_bits(photo: Photo) -> Image.Image:
    pixels = photo.pixels if photo.pixels.dtype == "uint8" else (photo.pixels >> 8).astype("uint8")
    return image_of(Photo(pixels, photo.alpha)).convert(
        "RGBA" if photo.alpha is not None else "RGB"
    )


def _uri(image: Image.Image) -> str:
    file = BytesIO()
    image.save(file, "WEBP", quality=88)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def render_page(examples: list[Shown], model: str, count: int) -> str:
    """Return the page as HTML.

    Args:
        examples: what to show.
        model: that has restored them.
        count: how many pictures were restored in all.
    """
    return render("restore.html.j2", {}, examples=examples, model=model, count=count)
