"""Labels from the columns of a table, block by block."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from narrows.datasets.labels import Labels
from narrows.errors import UserError
from narrows.readers.separators import SEPARATORS
from narrows.readers.words import compute, to_words
from narrows.tables.problems import Problems

_NO, _YES = ("0", "0.0", "false"), ("1", "1.0", "true")
_MISSING, _WRONG = 255, 254
_MOST = 10_000


def zero_one(words: pa.Array) -> np.ndarray:
    """Return 0 or 1 for each word, 255 for null and 254 for any other word."""
    lower = compute.utf8_lower(words)
    place = compute.index_in(lower, value_set=pa.array(_NO + _YES)).fill_null(-1).to_numpy()
    meaning = np.array([0] * len(_NO) + [1] * len(_YES) + [_WRONG], np.uint8)
    return np.where(words.is_null().to_numpy(zero_copy_only=False), _MISSING, meaning[place])


class ColumnLabels:
    """A column of 0 and 1 for each label.

    A row without a value in any of them has no labels; one with a value in some only is wrong.
    """

    def __init__(self, names: tuple[str, ...], missing: tuple[str, ...]) -> None:
        self.names, self.missing = names, missing
        self.problems = Problems()
        self._blocks: list[np.ndarray] = []

    def look(self, batch: pa.RecordBatch, start: int) -> None:
        """Take the labels of a block that starts at row `start`."""
        words = [to_words(batch.column(name), self.missing) for name in self.names]
        block = np.stack([zero_one(w) for w in words], 1)
        self._blocks.append(block)
        partly = (block == _MISSING) & ~(block == _MISSING).all(1)[:, None]
        for label, name in enumerate(self.names):
            wrong = np.flatnonzero((block[:, label] == _WRONG) | partly[:, label])
            self.problems.add(start, wrong, lambda i, n=name, w=words[label]: _not_0_1(n, w[i]))

    def result(self, left_out: np.ndarray) -> Labels:
        """Return the labels of all rows; of those that are left out they do not count."""
        y = np.concatenate(self._blocks)
        self._blocks.clear()
        known = ~(y == _MISSING).all(1)
        y[y > 1] = 0
        return Labels(self.names, y, known)


def _not_0_1(name: str, word: pa.Scalar) -> str:
    value = "no value" if not word.is_valid else repr(word.as_py())
    return f"label column {name!r} has {value}, not 0 or 1"


class _Pairs(NamedTuple):
    """Labels of rows: the row and the label's number, for each label that a row has."""

    rows: np.ndarray
    codes: np.ndarray


class WordLabels:
    """One column that holds a class, or a list of labels with a separator between them.

    A row without a value has no labels. A column of nothing but 0 and 1 is one label.
    """

    def __init__(self, name: str, separator: str | None, missing: tuple[str, ...]) -> None:
        self.name, self.separator, self.missing = name, separator, missing
        self.problems = Problems()
        self._codes: dict[str, int] = {}
        self._pairs: list[_Pairs] = []
        self._known: list[np.ndarray] = []

    def look(self, batch: pa.RecordBatch, start: int) -> None:
        """Take the labels of a block that starts at row `start`."""
        words = to_words(batch.column(self.name), self.missing)
        self._known.append(words.is_valid().to_numpy(zero_copy_only=False))
        rows = np.arange(len(words))
        if self.separator is not None:
            lists = compute.split_pattern(words, pattern=self.separator)
            rows = compute.list_parent_indices(lists).to_numpy()
            words = to_words(compute.list_flatten(lists), ())
        there = words.is_valid().to_numpy(zero_copy_only=False)
        encoded = words.drop_null().dictionary_encode()
        numbers = np.array([self._code(w) for w in encoded.dictionary.to_pylist()], np.int32)
        codes = numbers[encoded.indices.to_numpy()] if len(encoded) else np.zeros(0, np.int32)
        self._pairs.append(_Pairs(rows[there].astype(np.int64) + start, codes))

    def _code(self, word: str) -> int:
        code = self._codes.setdefault(word, len(self._codes))
        if code >= _MOST:
            raise UserError(
                f"label column {self.name!r} has more than {_MOST:,} different values; name "
                "another column in dataset.labels, or dataset.label_separator if it holds lists"
            )
        return code

    def result(self, left_out: np.ndarray) -> Labels:
        """Return the labels of all rows; one that only rows have that are left out is none."""
        known = np.concatenate(self._known)
        self._forget(left_out, len(known))
        if self.separator is None and self._codes and set(self._codes) <= {"0", "1"}:
            return self._one_label(known)
        names = sorted(self._codes, key=_natural)
        order = np.zeros(max(self._codes.values(), default=-1) + 1, np.int64)
        order[[self._codes[name] for name in names]] = np.arange(len(names))
        y = np.zeros((len(known), len(names)), np.uint8)
        for rows, codes in self._pairs:
            y[rows, order[codes]] = 1
        self._pairs.clear()
        return Labels(tuple(names), y, known)

    def _forget(self, left_out: np.ndarray, rows: int) -> None:
        kept = np.ones(rows, bool)
        kept[left_out] = False
        self._pairs = [_Pairs(r[kept[r]], codes[kept[r]]) for r, codes in self._pairs]
        seen = {int(code) for _, codes in self._pairs for code in np.unique(codes)}
        self._codes = {word: code for word, code in self._codes.items() if code in seen}

    def _one_label(self, known: np.ndarray) -> Labels:
        y = np.zeros((len(known), 1), np.uint8)
        for rows, codes in self._pairs:
            y[rows, 0] = codes == self._codes.get("1")
        return Labels((self.name,), y, known)


def _natural(name: str) -> tuple[int, int, str]:
    """Sort whole numbers by value, before words."""
    digits = name.lstrip("-")
    if digits.isascii() and digits.isdigit() and len(digits) < 16:
        return 0, int(name) if name.count("-") < 2 else 0, name
    return 1, 0, name


class NoLabels:
    """A table without labels."""

    def __init__(self) -> None:
        self.problems = Problems()
        self._rows = 0

    def look(self, batch: pa.RecordBatch, start: int) -> None:
        """Count the rows."""
        self._rows = start + len(batch)

    def result(self, left_out: np.ndarray) -> Labels:
        """Return that no row has labels."""
        return Labels((), np.zeros((self._rows, 0), np.uint8), np.zeros(self._rows, bool))


LabelScan = ColumnLabels | WordLabels | NoLabels


def label_scan(
    columns: tuple[str, ...], separator: str | None, missing: tuple[str, ...]
) -> LabelScan:
    """Return what reads the labels from these columns."""
    if not columns:
        return NoLabels()
    if len(columns) == 1:
        return WordLabels(columns[0], SEPARATORS.get(separator or "", separator), missing)
    if separator is not None:
        raise UserError(
            f"dataset.label_separator is for one column, and dataset.labels names {len(columns)}; "
            "leave one of them"
        )
    return ColumnLabels(columns, missing)
