"""Labels from the columns of a table, block by block."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from narrows.datasets.labels import Labels
from narrows.errors import UserError
from narrows.readers.separators import SEPARATORS
from narrows.readers.words import compute, to_words
from narrows.row_numbers import spans
from narrows.tables.growing import Growing
from narrows.tables.problems import Problems

_NO, _YES = ("0", "0.0", "false"), ("1", "1.0", "true")
_MISSING, _WRONG = 255, 254
# Fits into 16 bits.
_MOST = 10_000
_ROWS = 1 << 17


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
        self._y, self._known = Growing(np.uint8, (len(names),)), Growing(bool)

    def look(self, batch: pa.RecordBatch, start: int) -> None:
        """Take the labels of a block that starts at row `start`."""
        words = [to_words(batch.column(name), self.missing) for name in self.names]
        block = np.stack([zero_one(w) for w in words], 1)
        known = ~(block == _MISSING).all(1)
        partly = (block == _MISSING) & known[:, None]
        for label, name in enumerate(self.names):
            wrong = np.flatnonzero((block[:, label] == _WRONG) | partly[:, label])
            self.problems.add(start, wrong, lambda i, n=name, w=words[label]: _not_0_1(n, w[i]))
        self._y.add(np.where(block > 1, 0, block))
        self._known.add(known)

    def result(self, left_out: np.ndarray) -> Labels:
        """Return the labels of all rows; of those that are left out they do not count."""
        return Labels(self.names, self._y.values, self._known.values)


def _not_0_1(name: str, word: pa.Scalar) -> str:
    value = "no value" if not word.is_valid else repr(word.as_py())
    return f"label column {name!r} has {value}, not 0 or 1"


class _Rows:
    """The labels of rows, by number, in few bytes: how many a row has, and these row by row.

    Args:
        one: whether a row has one at most.
    """

    def __init__(self, one: bool) -> None:
        self.known = Growing(bool)
        self._counts, self._codes = Growing(bool if one else np.int32), Growing(np.int16)

    def add(self, known: np.ndarray, counts: np.ndarray, codes: np.ndarray) -> None:
        """Add rows: whether their labels are known, how many they have, and these."""
        self.known.add(known)
        self._counts.add(counts)
        self._codes.add(codes)

    def pairs(self, left_out: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the row and the label's number for each label of a row, some rows at a time."""
        counts, codes, done = self._counts.values, self._codes.values, 0
        kept = np.ones(len(counts), bool)
        kept[left_out] = False
        for span in spans(len(counts), _ROWS):
            rows = np.repeat(np.arange(span.start, span.stop), counts[span])
            some = codes[done : done + len(rows)]
            done += len(rows)
            yield rows[kept[rows]], some[kept[rows]]


class WordLabels:
    """One column that holds a class, or a list of labels with a separator between them.

    A row without a value has no labels. A column of nothing but 0 and 1 is one label.
    """

    def __init__(self, name: str, separator: str | None, missing: tuple[str, ...]) -> None:
        self.name, self.separator, self.missing = name, separator, missing
        self.problems = Problems()
        self._codes: dict[str, int] = {}
        self._rows = _Rows(one=separator is None)

    def look(self, batch: pa.RecordBatch, start: int) -> None:
        """Take the labels of a block that starts at row `start`."""
        words = to_words(batch.column(self.name), self.missing)
        known = counts = words.is_valid().to_numpy(zero_copy_only=False)
        if self.separator is not None:
            lists = compute.split_pattern(words, pattern=self.separator)
            rows = compute.list_parent_indices(lists).to_numpy()
            words = to_words(compute.list_flatten(lists), ())
            there = words.is_valid().to_numpy(zero_copy_only=False)
            counts = np.bincount(rows[there], minlength=len(known))
        encoded = words.drop_null().dictionary_encode()
        numbers = np.array([self._code(w) for w in encoded.dictionary.to_pylist()], np.int16)
        codes = numbers[encoded.indices.to_numpy()] if len(encoded) else numbers
        self._rows.add(known, counts, codes)

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
        found = self._found(left_out)
        if self.separator is None and found and found <= {"0", "1"}:
            names, columns = (self.name,), {"1": 0}
        else:
            names = tuple(sorted(found, key=_natural))
            columns = {name: i for i, name in enumerate(names)}
        y = np.zeros((len(self._rows.known), len(names)), np.uint8)
        column = np.array([columns.get(word, -1) for word in self._codes], np.int64)
        for rows, codes in self._rows.pairs(left_out):
            place = column[codes]
            y[rows[place >= 0], place[place >= 0]] = 1
        return Labels(names, y, self._rows.known.values)

    def _found(self, left_out: np.ndarray) -> set[str]:
        """Return the labels of the rows that are not left out."""
        seen = np.zeros(len(self._codes), bool)
        for _, codes in self._rows.pairs(left_out):
            seen[codes] = True
        return {word for word, code in self._codes.items() if seen[code]}


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
