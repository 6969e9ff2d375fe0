"""Images that are nearly the same: encoded again, shifted, resized, cropped, brighter, noisy.

Images whose low frequencies have much the same signs are candidates; `likeness` then decides. How
alike twins must be depends on how alike different images of the set are: two handwritten ones are
closer to each other than a photograph to its copy.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from narrows.duplicates.frequencies import frequencies, shifted_frequencies
from narrows.duplicates.likeness import colour_likeness, detail, likeness, outlines
from narrows.duplicates.lookup import BITS, Lookup
from narrows.duplicates.products import product
from narrows.duplicates.rows import Reader, Values, each_block, in_threads, step_of, take

_SAMPLE, _TABLES, _KEYED = 128, 8, 64
_DISTANCE, _CANDIDATES = 40, 4
_NEIGHBOURS, _COLOURS = 5, 0.5
# Twins are at least so much alike where different images are at most `_UNLIKE`, and the more
# alike those are the more, up to `_SAME`.
_ALIKE, _SAME, _UNLIKE = 0.85, 0.995, 0.5
# Strokes are soon alike: images with less detail than photographs have must be the same.
_FEW_EDGES, _MANY_ALIKE = 0.12, 0.95
_AT_ONCE = 64


def pictures(
    parts: Mapping[str, Reader], blanks: Mapping[str, np.ndarray]
) -> dict[str, "Pictures"]:
    """Return all parts but the first, to be searched for images.

    Args:
        parts: of a set.
        blanks: for each which rows are blank, (n,) bool.
    """
    readers, shown = list(parts.values()), [~blanks[name] for name in parts]
    sample = _sample(shown)
    known, mean = np.zeros((0, BITS), np.float32), np.zeros(BITS, np.float32)
    if len(sample):
        known = _of_rows(frequencies, readers, sample)
        mean = known.mean(0)
    looks = [_look_through(*some, known, mean) for some in zip(readers, shown, strict=True)]
    nearest = _nearest([near for _, near in looks])
    style = Style(mean, _alike(readers, sample, nearest) if len(known) else _ALIKE)
    found = zip(parts, readers, shown, looks, strict=True)
    searched = {name: Pictures(part, some, look[0], style) for name, part, some, look in found}
    return {name: searched[name] for name in list(parts)[1:]}


class Style(NamedTuple):
    """What the images of a set have in common.

    Attributes:
        mean: (128,) of their frequencies.
        alike: how alike twins must be.
    """

    mean: np.ndarray
    alike: float


def _sample(shown: list[np.ndarray]) -> np.ndarray:
    """Return images spread evenly over all that are not blank, (m, 2): part and row."""
    rows = [np.flatnonzero(some) for some in shown]
    ends, every = np.cumsum([len(some) for some in rows]), np.concatenate(rows)
    most = min(_SAMPLE, len(every))
    chosen = np.unique(np.linspace(0, len(every) - 1, most).astype(np.int64))
    return np.stack([np.searchsorted(ends, chosen, side="right"), every[chosen]], 1)


class _Near(NamedTuple):
    """Images of a part that are near to those of the sample, at most five to each.

    Attributes:
        products: (m, k) of their frequencies.
        rows: (m, k) which they are.
    """

    products: np.ndarray
    rows: np.ndarray

    def best(self) -> "_Near":
        """Return the nearest, in no order."""
        first = max(0, self.rows.shape[1] - _NEIGHBOURS)
        if not first:
            return self
        order = np.argpartition(self.products, first, axis=1)[:, first:]
        return _Near(*(np.take_along_axis(values, order, 1) for values in self))

    def join(self, other: "_Near") -> "_Near":
        """Return the nearest of both."""
        return _Near(*(np.concatenate(both, 1) for both in zip(self, other, strict=True))).best()


def _look_through(
    part: Reader, shown: np.ndarray, known: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, _Near]:
    """Read a part; return on which side of the mean each frequency is, (n, 16), and who is near.

    Args:
        part: to read.
        shown: (n,) bool, which rows are not blank.
        known: (m, 128) frequencies of the sample.
        mean: (128,) of all frequencies.
    """
    towards = np.ascontiguousarray(known.T)

    def look(start: int, images: Values) -> tuple[np.ndarray, _Near]:
        values = frequencies(np.asarray(images))
        rows = np.flatnonzero(shown[start : start + len(values)])
        products = np.ascontiguousarray(product(values[rows], towards).T)
        near = _Near(products, np.broadcast_to(start + rows, products.shape))
        return np.packbits(values > mean, axis=1), near.best()

    strings = np.zeros((len(shown), BITS // 8), np.uint8)
    near = _Near(np.zeros((len(known), 0), np.float32), np.zeros((len(known), 0), np.int64))
    for place, (some, others) in each_block(look, part):
        strings[place], near = some, near.join(others)
    return strings, near


def _nearest(near: list[_Near]) -> np.ndarray:
    """Return the nearest images of each of the sample, itself among them, (m, 5, 2): part, row."""
    products = np.concatenate([some.products for some in near], 1)
    places = np.concatenate(
        [np.stack([np.full_like(some.rows, i), some.rows], 2) for i, some in enumerate(near)], 1
    )
    best = np.argsort(-products, axis=1, kind="stable")[:, :_NEIGHBOURS]
    return np.take_along_axis(places, best[..., None], 1)


def _alike(readers: list[Reader], sample: np.ndarray, nearest: np.ndarray) -> float:
    """Return how alike twins must be, from how alike the images of the sample are to others.

    The nearest but itself may be a copy; the one after that is taken for a different image.
    """
    number, rank = np.nonzero((nearest != sample[:, None]).any(2))
    ours = _of_rows(outlines, readers, sample)
    theirs = nearest[number, rank]

    def look(some: np.ndarray) -> np.ndarray:
        others = _of_rows(outlines, readers, theirs[some])
        # How unlike they are makes no difference.
        return likeness(ours[number[some]], others, _UNLIKE)

    found = np.zeros((len(sample), _NEIGHBOURS), np.float32)
    pieces = [np.arange(i, min(i + _AT_ONCE, len(rank))) for i in range(0, len(rank), _AT_ONCE)]
    for some, values in zip(pieces, in_threads(look, pieces), strict=True):
        found[number[some], rank[some]] = values
    typical = float(np.median(np.sort(found, axis=1)[:, -2]))
    room = min(1.0, max(0.0, (1 - typical) / (1 - _UNLIKE)))
    return min(_SAME, 1 - (1 - _ALIKE) * room**3)


def _of_rows(
    what: Callable[[np.ndarray], np.ndarray], readers: list[Reader], places: np.ndarray
) -> np.ndarray:
    """Return what is made of some images, (n, 2) part and row, read a few at a time."""
    found = dict[int, np.ndarray]()
    for number in np.unique(places[:, 0]):
        mine, step = np.flatnonzero(places[:, 0] == number), step_of(readers[number])
        for some in np.split(mine, range(step, len(mine), step)):
            made = what(np.asarray(take(readers[number], places[some, 1])))
            found |= dict(zip(some.tolist(), made, strict=True))
    return np.stack([found[i] for i in range(len(places))])


class Pictures:
    """The images of a part, to be found by images that are nearly the same.

    Args:
        part: the images.
        usable: (n,) bool, which can be found.
        strings: (n, 16) uint8, on which side of the mean each of their frequencies is.
        style: of the set.
    """

    def __init__(self, part: Reader, usable: np.ndarray, strings: np.ndarray, style: Style) -> None:
        self.part, self.style = part, style
        self._lookup = Lookup(strings, usable, _TABLES, _KEYED)

    def forms(self, images: np.ndarray) -> np.ndarray:
        """Return what to look images up by, (n, 9, 128): the same for all parts of a set."""
        return shifted_frequencies(images) - self.style.mean

    def twins(self, images: np.ndarray, forms: np.ndarray) -> np.ndarray:
        """Return (pairs, 2): places in `images`, and rows of this part that are nearly the same."""
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
