"""Labels from arrays: 0 and 1 for each label, whole numbers or words for classes."""

from collections.abc import Sequence

import numpy as np

from narrows.datasets.labels import Labels
from narrows.errors import UserError
from narrows.readers.npy import StoredArray
from narrows.row_numbers import spans
from narrows.tables.problems import Problems

_MOST = 10_000


def read_labels(
    arrays: Sequence[StoredArray | None],
    rows: Sequence[int],
    names: StoredArray | None,
    problems: Problems,
) -> Labels:
    """Return the labels of all rows, those of one array after those of another.

    Args:
        arrays: of labels; None for rows that have none.
        rows: how many each of them has to have.
        names: of the labels, if they have some.
        problems: where rows with a wrong value are noted; they are taken for unlabelled here.

    Raises:
        UserError: if the arrays fit neither their rows, nor each other, nor the names.
    """
    there = [array for array in arrays if array is not None]
    for array, n in zip(arrays, rows, strict=True):
        if array is not None and (not array.shape or array.shape[0] != n):
            raise UserError(
                f"{array.place}: y is {array.shape} for {n} rows of x; mend one of them"
            )
    if not there:
        return Labels((), np.zeros((sum(rows), 0), np.uint8), np.zeros(sum(rows), bool))
    if len({(len(a.shape), a.shape[1:], a.dtype.kind in "US") for a in there}) > 1:
        kinds = ", ".join(f"{a.dtype} {a.shape}" for a in there)
        raise UserError(f"{there[0].place}: the arrays of y are {kinds}; their rows must be alike")
    called = None if names is None else names.words()
    if len(there[0].shape) == 1 and there[0].dtype.kind in "US":
        return _words(arrays, rows, called, problems)
    if len(there[0].shape) == 1:
        return _classes(arrays, rows, called, problems)
    if len(there[0].shape) == 2 and there[0].dtype.kind in "biuf":
        return _matrix(arrays, rows, called, problems)
    raise UserError(
        f"{there[0].place}: y is {there[0].dtype} {there[0].shape}; it has to be (n, k) of 0 and "
        "1, or (n,) classes"
    )


def _matrix(
    arrays: Sequence[StoredArray | None],
    rows: Sequence[int],
    called: list[str] | None,
    problems: Problems,
) -> Labels:
    k = next(a.shape[1] for a in arrays if a is not None)
    y, known = np.zeros((sum(rows), k), np.uint8), np.zeros(sum(rows), bool)
    for array, start in _starts(arrays, rows):
        for block in array.blocks():
            part = slice(start, start + len(block))
            none = ((block == -1) | np.isnan(block)).all(1)
            right = ((block == 0) | (block == 1)).all(1)
            known[part] = right
            y[part] = (block == 1) & right[:, None]
            _note(problems, start, ~right & ~none, array, "a value that is not 0 or 1", block)
            start += len(block)
    return Labels(_named(called, k, arrays, exact=True), y, known)


def _classes(
    arrays: Sequence[StoredArray | None],
    rows: Sequence[int],
    called: list[str] | None,
    problems: Problems,
) -> Labels:
    codes = np.full(sum(rows), -1, np.int32)
    most = _MOST if called is None else len(called)
    for array, start in _starts(arrays, rows):
        for block in array.blocks():
            values = block.astype(np.float64)
            right = (values >= 0) & (values < most) & (values == np.floor(values))
            codes[start : start + len(block)][right] = values[right]
            wrong = ~right & ~np.isnan(values) & (values != -1)
            _note(problems, start, wrong, array, f"no class from 0 to {most - 1}", block)
            start += len(block)
    k = len(called) if called is not None else int(codes.max(initial=-1)) + 1
    return _one_hot(codes, _named(called, k, arrays, exact=False))


def _words(
    arrays: Sequence[StoredArray | None],
    rows: Sequence[int],
    called: list[str] | None,
    problems: Problems,
) -> Labels:
    codes = np.full(sum(rows), -1, np.int32)
    places: dict[str, int] = {} if called is None else {n: i for i, n in enumerate(called)}
    for array, start in _starts(arrays, rows):
        for block in array.blocks():
            words, inverse = np.unique(array.as_text(block), return_inverse=True)
            if called is None:
                for word in words:
                    places.setdefault(str(word), len(places))
            if len(places) > _MOST:
                raise UserError(f"{array.place} has more than {_MOST:,} classes; is it y?")
            found = np.array([places.get(str(w), -2) if w else -1 for w in words])[inverse]
            codes[start : start + len(block)] = np.maximum(found, -1)
            _note(problems, start, found == -2, array, "no class of the named ones", block)
            start += len(block)
    if called is not None:
        return _one_hot(codes, tuple(called))
    names = sorted(name for name in places if name)
    order = np.array([names.index(n) if n else -1 for n in places] + [-1], np.int32)
    return _one_hot(order[codes], tuple(names))


def _one_hot(codes: np.ndarray, names: tuple[str, ...]) -> Labels:
    y = np.zeros((len(codes), len(names)), np.uint8)
    for span in spans(len(codes)):
        known = np.flatnonzero(codes[span] >= 0)
        y[span][known, codes[span][known]] = 1
    return Labels(names, y, codes >= 0)


def _starts(
    arrays: Sequence[StoredArray | None], rows: Sequence[int]
) -> list[tuple[StoredArray, int]]:
    starts = np.cumsum([0, *rows[:-1]]).tolist()
    return [(a, s) for a, s in zip(arrays, starts, strict=True) if a is not None]


def _note(
    problems: Problems, start: int, wrong: np.ndarray, array: StoredArray, what: str, y: np.ndarray
) -> None:
    name = array.path.name if array.member is None else array.member
    problems.add(
        start,
        np.flatnonzero(wrong),
        lambda i: f"{name} has {what} for row {start + i}: {_short(y[i])}",
    )


def _short(value: np.ndarray) -> str:
    return " ".join(np.array2string(np.asarray(value), threshold=8, edgeitems=3).split())[:60]


def _named(
    called: list[str] | None, k: int, arrays: Sequence[StoredArray | None], exact: bool
) -> tuple[str, ...]:
    if called is None:
        return tuple(map(str, range(k)))
    if exact and len(called) != k:
        place = next(a.place for a in arrays if a is not None)
        raise UserError(f"{place}: y has {k} labels and there are {len(called)} names; mend one")
    if len(set(called)) < len(called):
        raise UserError("two labels have the same name; rename one in the array of label names")
    return tuple(called)
