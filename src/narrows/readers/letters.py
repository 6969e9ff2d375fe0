"""Whether a font's pictures show the letters and digits that they should."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

# Fonts that matplotlib brings: with and without serifs, upright and slanted.
_KNOWN = (
    "DejaVuSans",
    "DejaVuSans-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Italic",
    "STIXGeneralItalic",
    "cmr10",
    "cmti10",
)
_SIDE = 12


def known_fonts() -> list[str]:
    """Return the files of fonts that show what letters look like."""
    # Takes a while, and is not needed to draw.
    from matplotlib import get_data_path

    return [str(Path(get_data_path(), "fonts", "ttf", f"{name}.ttf")) for name in _KNOWN]


class Letters:
    """What letters and digits look like.

    Args:
        characters: capitals, small letters and digits.
        known: pictures of them, (len(characters), size, size) uint8, in some fonts.
    """

    def __init__(self, characters: str, known: Sequence[np.ndarray]) -> None:
        lower = characters.lower()
        names = sorted(set(lower))
        # Which letter or digit each is, be it a capital or not.
        self._classes = np.array([names.index(c) for c in lower])
        classes = np.tile(self._classes, len(known))
        order = np.argsort(classes, kind="stable")
        self._known = np.concatenate([_thumbnails(pictures) for pictures in known])[order]
        self._starts = np.flatnonzero(np.diff(classes[order], prepend=-1))
        groups: tuple[Callable[[str], bool], ...] = (str.isupper, str.islower, str.isdigit)
        self._groups = [[group(c) for c in characters] for group in groups]

    def likeness(self, pictures: np.ndarray) -> float:
        """Return how far pictures, one for each character and none blank, look like it.

        For each character it is counted which share of the others the picture looks less like.
        That is averaged over capitals, small letters and digits, and the middle one of the three
        is returned: about 0.5 for symbols, near 1 for fonts to read, over 0.62 for handwriting.
        """
        similar = _thumbnails(pictures) @ self._known.T
        best = np.maximum.reduceat(similar, self._starts, axis=1)
        own = best[np.arange(len(best)), self._classes]
        beaten = (best < own[:, None]).sum(1) / (best.shape[1] - 1)
        return float(np.median([beaten[group].mean() for group in self._groups]))


def _thumbnails(pictures: np.ndarray) -> np.ndarray:
    """Return (n, 144) float32: each picture's ink, stretched to 12 x 12 and standardized."""
    small = np.stack([_stretched(picture) for picture in pictures]).astype(np.float32)
    flat = small.reshape(len(small), -1)
    flat -= flat.mean(1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1)


def _stretched(picture: np.ndarray) -> np.ndarray:
    image = Image.fromarray(picture)
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BOX, image.getbbox()))
