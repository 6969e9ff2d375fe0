"""Images that are nearly the same: encoded again, shifted, resized, cropped, brighter, noisy.

Images whose low frequencies have much the same signs are candidates; `likeness` then decides. How
alike twins must be depends on how alike different images of the set are: two handwritten ones are
closer to each other than a photograph to its copy.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from narrows.duplicates.likeness import colour_likeness, detail, grey, likeness, outlines, to_size
from narrows.duplicates.lookup import BITS, Lookup
from narrows.duplicates.rows import Reader, blocks, count, step_of, take

_SIDE, _SAMPLE, _TABLES, _KEYED = 16, 128, 8, 64
_DISTANCE, _CANDIDATES = 40, 4
# Shares of a side by which a query is shifted, too.
_SHIFT = 1.5 / 32
_NEIGHBOURS, _COLOURS = 5, 0.5
# Twins are at least so much alike where different images are at most `_UNLIKE`, and the more
# alike those are the more, up to `_SAME`.
_ALIKE, _SAME, _UNLIKE = 0.85, 0.995, 0.5
# Strokes are soon alike: images with less detail than photographs have must be the same.
_FEW_EDGES, _MANY_ALIKE = 0.12, 0.95
_AT_ONCE = 64


class Style(NamedTuple):
    """What the images of a set have in common.

    Attributes:
        mean: (128,) of their frequencies.
        alike: how alike twins must be.
    """

    mean: np.ndarray
    alike: float


def frequencies(images: np.ndarray) -> np.ndarray:
    """Return the 128 lowest frequencies of images (n, C, H, W), (n, 128), of length 1."""
    return _unit(_small(images) @ _WAVES)


def shifted_frequencies(images: np.ndarray) -> list[np.ndarray]:
    """Return the frequencies of images as they are and as they are shifted, nine in all."""
    small = _small(images)
    return [_unit(small @ waves) for waves in _SHIFTED]


def _small(images: np.ndarray) -> np.ndarray:
    return to_size(grey(images), _SIDE, _SIDE).reshape(len(images), -1)


def _unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)


def _waves() -> np.ndarray:
    """Return (256, 128), the cosine transform of 16 x 16 pixels without the constant."""
    pixel = np.arange(_SIDE) + 0.5
    waves = np.cos(np.pi / _SIDE * np.outer(np.arange(_SIDE), pixel))
    both = np.einsum("uy,vx->uvyx", waves, waves).reshape(_SIDE**2, -1)
    both /= np.linalg.norm(both, axis=1, keepdims=True)
    u, v = np.divmod(np.arange(_SIDE**2), _SIDE)
    return both[np.argsort(u**2 + v**2, kind="stable")[1 : BITS + 1]].T.astype(np.float32)


def _shifting(pixels: float) -> np.ndarray:
    """Return (16, 16), which shifts 16 pixels; those at the edge are repeated."""
    place = np.clip(np.arange(_SIDE) + pixels, 0, _SIDE - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(_SIDE))).astype(np.float32)


_WAVES = _waves()
_SHIFTED = [
    np.kron(_shifting(down * _SIDE), _shifting(right * _SIDE)).T @ _WAVES
    for down in (0, -_SHIFT, _SHIFT)
    for right in (0, -_SHIFT, _SHIFT)
]


def style_of(parts: Sequence[Reader], blanks: Sequence[np.ndarray]) -> Style:
    """Return what the images of all parts have in common, from a sample of them.

    Args:
        parts: of the set.
        blanks: for each which rows are blank, (n,) bool.
    """
    sample = _sample(blanks)
    chosen = [(part, rows) for part, rows in zip(parts, sample, strict=True) if len(rows)]
    if not chosen:
        return Style(np.zeros(BITS, np.float32), _ALIKE)
    known = np.concatenate([_by_steps(frequencies, part, rows) for part, rows in chosen])
    mean = known.mean(0)
    neighbours = _neighbours(known, parts, blanks)
    pictures = np.concatenate([_by_steps(outlines, part, rows) for part, rows in chosen])
    typical = float(np.median(_second_alike(pictures, neighbours, parts)))
    room = min(1.0, max(0.0, (1 - typical) / (1 - _UNLIKE)))
    return Style(mean, min(_SAME, 1 - (1 - _ALIKE) * room**3))


def _sample(blanks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return rows of each part, spread evenly over all that are not blank."""
    rows = [np.flatnonzero(~blank) for blank in blanks]
    total = sum(map(len, rows))
    chosen = np.unique(np.linspace(0, total - 1, min(_SAMPLE, total)).astype(np.int64))
    ends = np.cumsum([len(some) for some in rows])
    starts = ends - [len(some) for some in rows]
    return [
        some[chosen[(chosen >= start) & (chosen < end)] - start]
        for some, start, end in zip(rows, starts, ends, strict=True)
    ]


def _neighbours(
    known: np.ndarray, parts: Sequence[Reader], blanks: Sequence[np.ndarray]
) -> np.ndarray:
    """Return the nearest images of each of the sample, itself among them, (m, 5, 2): part, row."""
    near = np.full((len(known), _NEIGHBOURS), -2.0, np.float32)
    # Part -1 where there are fewer images than neighbours.
    places = np.full((len(known), _NEIGHBOURS, 2), -1)
    for number, (part, blank) in enumerate(zip(parts, blanks, strict=True)):
        for start, images in blocks(part):
            shown = np.flatnonzero(~blank[start : start + len(images)])
            if not len(shown):
                continue
            found = known @ frequencies(images[shown]).T
            both = np.concatenate([near, found], 1)
            here = np.stack([np.full(len(shown), number), start + shown], 1)
            best = np.argpartition(-both, _NEIGHBOURS - 1, axis=1)[:, :_NEIGHBOURS]
            there = np.concatenate([places, np.broadcast_to(here, (len(known), *here.shape))], 1)
            near = np.take_along_axis(both, best, 1)
            places = np.take_along_axis(there, best[..., None], 1)
    return places


def _second_alike(
    pictures: np.ndarray, neighbours: np.ndarray, parts: Sequence[Reader]
) -> np.ndarray:
    """Return how alike to each image the second one of its neighbours is, itself not counted.

    The first may be a copy of it; the second is taken for a different image.
    """
    found = np.zeros((len(pictures), _NEIGHBOURS), np.float32)
    for number, part in enumerate(parts):
        image, rank = np.nonzero(neighbours[..., 0] == number)
        rows = neighbours[image, rank, 1]
        for start in range(0, len(rows), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            others = _by_steps(outlines, part, rows[some])
            found[image[some], rank[some]] = likeness(pictures[image[some]], others)
    return np.sort(found, axis=1)[:, -3]


def _by_steps(
    what: Callable[[np.ndarray], np.ndarray], part: Reader, rows: np.ndarray
) -> np.ndarray:
    """Return what is made of some rows, read a few at a time."""
    step = step_of(part)
    starts = range(0, len(rows), step)
    return np.concatenate([what(np.asarray(take(part, rows[s : s + step]))) for s in starts])


class Pictures:
    """The images of a part, to be found by images that are nearly the same.

    Args:
        part: the images.
        usable: (n,) bool, which can be found.
        style: of the set.
    """

    def __init__(self, part: Reader, usable: np.ndarray, style: Style) -> None:
        self.part, self.style = part, style
        strings = np.zeros((count(part), BITS // 8), np.uint8)
        for start, images in blocks(part):
            values = frequencies(np.asarray(images)) - style.mean
            strings[start : start + len(images)] = np.packbits(values > 0, axis=1)
        self._lookup = Lookup(strings, usable, _TABLES, _KEYED)

    def twins(self, images: np.ndarray) -> np.ndarray:
        """Return (pairs, 2): places in `images`, and rows of this part that are nearly the same."""
        forms = [values - self.style.mean for values in shifted_frequencies(images)]
        # Where all images are alike there are always candidates: the nearest is enough.
        k = _CANDIDATES if self.style.alike < _MANY_ALIKE else 1
        queries, rows = self._lookup.nearest(forms, _DISTANCE, k)
        alike = np.zeros(len(rows), bool)
        for start in range(0, len(rows), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            alike[some] = self._are_alike(images, queries[some], rows[some])
        return np.stack([queries[alike], rows[alike]], 1)

    def _are_alike(self, images: np.ndarray, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        ours = images[queries]
        theirs = np.asarray(take(self.part, rows))
        alike = colour_likeness(ours, theirs) > _COLOURS
        if not alike.any():
            return alike
        a, b, least = outlines(ours[alike]), outlines(theirs[alike]), self.style.alike
        least = np.where(detail(a) < _FEW_EDGES, _SAME, least)
        alike[alike] = likeness(a, b, self.style.alike) >= least
        return alike
