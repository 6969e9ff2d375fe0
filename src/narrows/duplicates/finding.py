"""Examples that are in two parts of a data set."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol

import numpy as np

from narrows.duplicates.exact import hash_rows, same
from narrows.duplicates.images import pictures
from narrows.duplicates.rows import Reader, Values, count, each_block
from narrows.duplicates.text import Documents
from narrows.spec import Kind

_ORDER = ("train", "val", "test")
Pairs = dict[tuple[str, str], np.ndarray]


@dataclass(frozen=True)
class Duplicates:
    """Examples that are in two parts.

    Blank examples, that is images of one colour and rows of zeros, are twins of no other.

    Attributes:
        exact: for two parts, the earlier one first, pairs of rows that are equal, (pairs, 2): for
            each row of the earlier one its first twin.
        near: the same of rows that are nearly equal, up to four twins for an image and eight for
            a document; a row with an equal one has none.
        blank: how many examples of each part are blank.
    """

    exact: Pairs
    near: Pairs
    blank: dict[str, int]

    def summary(self, limit: int) -> dict[str, Any]:
        """Return what the dataset card says, as JSON.

        Args:
            limit: how many pairs to name for each two parts, half of them equal where there are
                as many.

        Returns:
            'blank', a number for each part, and 'pairs', for each two parts 'parts', their names;
            'exact' and 'near', numbers of pairs; 'rows', how many rows of each of the two have a
            twin in the other; and 'examples', each with 'kind', exact or near, and 'rows'.
        """
        return {"pairs": [self._of(parts, limit) for parts in self.exact], "blank": self.blank}

    def _of(self, parts: tuple[str, str], limit: int) -> dict[str, Any]:
        exact, near = self.exact[parts], self.near[parts]
        some = max(limit // 2, limit - len(near))
        shown = [("exact", pair) for pair in exact[:some].tolist()]
        shown += [("near", pair) for pair in near[: limit - len(shown)].tolist()]
        both = np.concatenate([exact, near])
        return {
            "parts": list(parts),
            "exact": len(exact),
            "near": len(near),
            "rows": [len(np.unique(both[:, side])) for side in (0, 1)],
            "examples": [{"kind": kind, "rows": pair} for kind, pair in shown],
        }

    def to_remove(self) -> dict[str, np.ndarray]:
        """Return the rows of each part that have a twin in a later one, in order."""
        return {
            part: np.unique(np.concatenate([np.zeros(0, np.int64), *self._rows_of(part)]))
            for part in self.blank
        }

    def _rows_of(self, part: str) -> Iterator[np.ndarray]:
        for found in (self.exact, self.near):
            for (first, _), pairs in found.items():
                if first == part:
                    yield pairs[:, 0]


class _Known(Protocol):
    def forms(self, rows: Any, /) -> np.ndarray: ...

    def twins(self, rows: Any, forms: np.ndarray, /) -> np.ndarray: ...


def find_duplicates(parts: dict[str, Reader], kind: Kind) -> Duplicates:
    """Find examples that are in two parts: equal ones, and but for tables near ones.

    The rows are read a few times, by blocks of some megabytes; for each, about 15 bytes are kept,
    and where near ones are looked for, about 200 more for each row of val and test.
    Time is linear in their number. How near is near: see `images` and `text`.

    Args:
        parts: 'train', 'val' and 'test' or some of them: images (n, C, H, W) uint8, other rows
            (n, d), dense or sparse.
        kind: of the examples.
    """
    names = [name for name in _ORDER if name in parts and count(parts[name])]
    hashed = {name: hash_rows(parts[name], kind == "image") for name in names}
    exact: Pairs = {}
    for first, second in combinations(names, 2):
        (ours, blank), (theirs, _) = hashed[first], hashed[second]
        exact[first, second] = same(parts[first], parts[second], (ours, theirs), ~blank)
    blanks = {name: hashed[name][1] for name in names}
    near = {pair: np.zeros((0, 2), np.int64) for pair in exact}
    if exact and kind != "table":
        near |= _near({name: parts[name] for name in names}, kind, blanks, exact)
    return Duplicates(exact, near, {name: int(blank.sum()) for name, blank in blanks.items()})


def _near(
    parts: dict[str, Reader], kind: Kind, blanks: dict[str, np.ndarray], exact: Pairs
) -> Pairs:
    names, near = list(parts), {}
    known = _known(parts, kind, blanks)
    for number, first in enumerate(names[:-1]):
        later = {second: known[second] for second in names[number + 1 :]}
        single = {}
        for second in later:
            single[second] = ~blanks[first]
            single[second][exact[first, second][:, 0]] = False
        found = _near_of(parts[first], later, single)
        near |= {(first, second): pairs for second, pairs in found.items()}
    return near


def _near_of(
    part: Reader, later: Mapping[str, _Known], single: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return pairs of rows of `part` and of each later part, looking at the `single` ones."""

    def look(start: int, values: Values) -> dict[str, np.ndarray]:
        forms, pairs = next(iter(later.values())).forms(values), {}
        for second, known in later.items():
            rows = np.flatnonzero(single[second][start : start + count(values)])
            if len(rows):
                found = known.twins(values[rows], forms[rows])
                pairs[second] = np.stack([start + rows[found[:, 0]], found[:, 1]], 1)
        return pairs

    found = [pairs for _, pairs in each_block(look, part)]
    nothing = np.zeros((0, 2), np.int64)
    return {s: np.concatenate([nothing, *(f[s] for f in found if s in f)]) for s in later}


def _known(
    parts: dict[str, Reader], kind: Kind, blanks: dict[str, np.ndarray]
) -> Mapping[str, _Known]:
    """Return all parts but the first, to be searched."""
    if kind == "text":
        return {name: Documents(parts[name], ~blanks[name]) for name in list(parts)[1:]}
    return pictures(parts, blanks)
