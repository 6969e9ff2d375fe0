"""Pictures of a font's letters and digits, in one scale and on one baseline."""

from functools import lru_cache
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
from PIL import Image, ImageDraw, ImageFont

CHARACTERS = ascii_uppercase + ascii_lowercase + digits
# Of the picture's height, from its top: there is room for capitals above and 'g' below.
_BASELINE = 0.75


@lru_cache(maxsize=4)
def pictures(path: str, number: int, size: int) -> np.ndarray:
    """Draw a face's letters and digits, white on black, in one scale and on one baseline.

    The scale is the largest at which all of them fit. The baseline is at three quarters of the
    height, but as far from there as the face needs; each character is centred from left to right.

    Returns:
        (62, size, size) uint8.

    Raises:
        OSError: if the font library cannot draw them.
    """
    font, boxes = _fitted(path, number, size)
    baseline = int(
        np.clip(round(_BASELINE * size), 1 - boxes[:, 1].min(), size - 1 - boxes[:, 3].max())
    )
    drawn = np.empty((len(CHARACTERS), size, size), np.uint8)
    for i, (character, (left, _, right, _)) in enumerate(zip(CHARACTERS, boxes, strict=True)):
        image = Image.new("L", (size, size))
        place = ((size - left - right) // 2, baseline)
        ImageDraw.Draw(image).text(place, character, fill=255, font=font, anchor="ls")
        drawn[i] = np.asarray(image)
    # These are kept, and given to more than one caller.
    drawn.flags.writeable = False
    return drawn


def _fitted(path: str, number: int, size: int) -> tuple[ImageFont.FreeTypeFont, np.ndarray]:
    """Return the font at the largest size that fits, and each character's box about its origin."""
    large = 8 * size
    # The other layout engine may not be there, and none of its features are wanted.
    basic = ImageFont.Layout.BASIC
    # Opened here: by its path, Pillow would take one of the same name elsewhere if it is gone.
    with Path(path).open("rb") as file:
        font = ImageFont.truetype(file, large, number, layout_engine=basic)
    points = large * (size - 2) / _extent(_boxes(font))
    while points >= 1:
        font = font.font_variant(size=points)
        boxes = _boxes(font)
        # Hinting can make it larger than its outlines are.
        if _extent(boxes) <= size - 2:
            return font, boxes
        points *= 0.98
    raise OSError("its glyphs cannot be drawn in one scale")


def _boxes(font: ImageFont.FreeTypeFont) -> np.ndarray:
    """Return (62, 4): left, top, right and bottom of each character, about its origin."""
    return np.array([font.getbbox(character, anchor="ls") for character in CHARACTERS])


def _extent(boxes: np.ndarray) -> float:
    """Return the side of the smallest square that each box fits in, all on one baseline."""
    left, top, right, bottom = boxes.T
    return max((right - left).max(), max(bottom.max(), 0) - min(top.min(), 0), 1)
