"""Which fonts are of one typeface, as far as their names and pictures tell."""

import re
from collections.abc import Sequence

import numpy as np

from narrows.readers.font import Face

# Words of a family's name that tell only how bold, wide or slanted it is,
_STYLE = frozenset(
    re.findall(
        r"\w+",
        """
        thin hairline light book regular normal medium demi semi bold extra ultra heavy black fat
        italic italics oblique slanted cond condensed cn narrow compressed expanded extended wide
        semibold demibold extrabold ultrabold extralight ultralight semilight semicondensed
        extracondensed semiexpanded vf variable
        """,
    )
)
# and words before a typeface's name, of who made it or gave it out.
_MAKER = frozenset(
    re.findall(r"\w+", "adobe apple bpg gfs google gyre itc lt monotype ms sil te tex urw x")
)
# Typefaces whose pictures are the same for so many characters are relatives whatever their names.
_SHARED = 0.5


def family_of(name: str) -> str:
    """Return a family's name without weight, width and slant, in small letters."""
    return " ".join(word for word in _words(name) if word not in _STYLE) or name


def kin_of(name: str) -> str:
    """Return the first word of a family's name, which its relatives have too.

    DejaVu Sans, DejaVu Sans Mono and DejaVu Serif are relatives. What is not, as Open Sans and
    Open Dyslexic, is taken for it too: that does no harm.
    """
    words = _words(name)
    return next((word for word in words if word not in _MAKER), *words[:1] or (name,))


def _words(name: str) -> list[str]:
    """Split 'DejaVuSans10' into deja, vu, sans, 10."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.findall(r"[^\W\d_]+|\d+", parted.lower())


def typefaces(faces: Sequence[Face]) -> list[str]:
    """Return for each face a name that it shares with all relatives, by name or by pictures."""
    name = {kin: kin for kin in map(_kin, faces)}

    def root(kin: str) -> str:
        while name[kin] != kin:
            kin = name[kin]
        return kin

    for one, other in _alike(faces):
        first, last = sorted((root(_kin(one)), root(_kin(other))))
        name[last] = first
    return [root(_kin(face)) for face in faces]


def _kin(face: Face) -> str:
    return kin_of(face.family or face.path)


def _alike(faces: Sequence[Face]) -> list[tuple[Face, Face]]:
    """Return pairs of faces that share enough pictures: each face with those before it."""
    hashes = np.array([face.pictures for face in faces])
    pairs = []
    for i, face in enumerate(faces):
        shared = (hashes[:i] == hashes[i]).mean(1)
        pairs += [(faces[j], face) for j in np.flatnonzero(shared >= _SHARED).tolist()]
    return pairs


def most_regular(faces: Sequence[Face]) -> list[Face]:
    """Return of each family the face that is nearest to upright, normal and regular."""
    best: dict[str, Face] = {}
    for face in faces:
        family = family_of(face.family or face.path)
        if family not in best or _distance(face) < _distance(best[family]):
            best[family] = face
    chosen = set(map(id, best.values()))
    return [face for face in faces if id(face) in chosen]


def _distance(face: Face) -> tuple[bool, int, int, int]:
    """Return how far a face is from regular; of a family's faces, the nearest is drawn."""
    words = _words(f"{face.family} {face.style}")
    slanted = face.slanted or not {"italic", "oblique"}.isdisjoint(words)
    said = len(_STYLE.intersection(words) - {"regular", "normal", "book"})
    return slanted, abs(face.width - 5), abs(face.weight - 400), said
