"""The second pass over a table: what the train part says of each column."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from narrows.errors import UserError
from narrows.readers.words import NUMBER, to_words
from narrows.tables.files import TableFile, other_separator
from narrows.tables.rows import Layout, layout
from narrows.tables.survey import Kind

TRAIN, OUT = 0, 3


@dataclass(frozen=True)
class Number:
    """A column of numbers, made (value - mean) / std; a missing value becomes 0.

    Attributes:
        name: of the column.
        mean: over the train part's values.
        std: standard deviation over them, with their number as divisor; 1 for a constant column.
        missing: how many rows of train, val and test have no value.
    """

    name: str
    mean: float
    std: float
    missing: tuple[int, int, int]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the values that the column becomes.

        The second one is 1 where the value is missing; there is none unless train has such rows.
        """
        return (self.name, f"{self.name} missing") if self.missing[TRAIN] else (self.name,)

    def facts(self) -> dict[str, Any]:
        """Return what the card says of the column."""
        notes = {}
        if sum(self.missing) and not self.missing[TRAIN]:
            notes["note"] = "missing in val or test alone: the train mean stands for it"
        return {
            "name": self.name,
            "kind": "number",
            "mean": self.mean,
            "std": self.std,
            "missing": sum(self.missing),
            "missing_in_train": self.missing[TRAIN],
        } | notes


@dataclass(frozen=True)
class Category:
    """A column of words, which becomes one 0/1 value for each word that the train part has.

    Attributes:
        name: of the column.
        categories: the words, sorted; missing, as None and last, is one of them if train has it.
        missing: how many rows of train, val and test have no value.
        unknown: how many rows of val and test have a word that train has not: all their values
            are 0.
        word: if it has numbers too, one of its values that is none, so that none was taken for one.
    """

    name: str
    categories: tuple[str | None, ...]
    missing: tuple[int, int, int]
    unknown: int
    word: str | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the values that the column becomes."""
        return tuple(
            f"{self.name} missing" if c is None else f"{self.name}={c}" for c in self.categories
        )

    def facts(self) -> dict[str, Any]:
        """Return what the card says of the column."""
        return {
            "name": self.name,
            "kind": "category",
            "categories": list(self.categories),
            "missing": sum(self.missing),
            "missing_in_train": self.missing[TRAIN],
            "unknown": self.unknown,
        } | ({} if self.word is None else {"word": self.word})


Column = Number | Category


def column_of(facts: dict[str, Any]) -> Column:
    """Return a column that makes the same values as the one whose facts these are."""
    missing = (facts["missing_in_train"], facts["missing"] - facts["missing_in_train"], 0)
    if facts["kind"] == "number":
        return Number(facts["name"], facts["mean"], facts["std"], missing)
    return Category(facts["name"], tuple(facts["categories"]), missing, facts["unknown"])


def layout_of(columns: list[Column]) -> Layout:
    """Return where the columns' values stand in a vector."""
    return layout(
        [c.name for c in columns],
        [isinstance(c, Number) for c in columns],
        [len(c.outputs) for c in columns],
    )


def learn_columns(
    file: TableFile,
    kinds: dict[str, Kind],
    parts: np.ndarray,
    most: int,
    missing: tuple[str, ...],
    words: dict[str, str],
) -> tuple[list[Column], list[str]]:
    """Return the columns as the train part has them, and those that have no value there.

    Args:
        file: to read.
        kinds: of the features.
        parts: (rows,) the part of each row, 0 train, 1 val, 2 test, 3 none.
        most: different words that a column may have.
        missing: words that stand for no value.
        words: for a column that is not all numbers, a value that is none.

    Raises:
        UserError: for a column with more words, or numbers too large for a mean.
    """
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    moments = _Moments(len(numbers))
    counts = {name: _Counts(name, missing) for name, kind in kinds.items() if kind == "category"}
    start = 0
    for batch in file.batches(list(kinds), numbers):
        part = parts[start : start + len(batch)]
        if numbers:
            moments.add(as_matrix(batch, numbers), part)
        for name, count in counts.items():
            count.add(batch.column(name), part)
            if len(count.table) > most:
                raise UserError(_too_many(file, name, most, words.get(name)))
        start += len(batch)
    if start != len(parts):
        raise UserError(f"{file.path} changed while it was read; run again")
    found = dict(zip(numbers, moments.columns(file, numbers), strict=True))
    learned = [found[name] if name in found else counts[name].column() for name in kinds]
    columns = [
        replace(c, word=words.get(c.name)) if isinstance(c, Category) and _has_number(c) else c
        for c in learned
    ]
    return [c for c in columns if c is not None], [
        name for name, c in zip(kinds, columns, strict=True) if c is None
    ]


def _has_number(column: Category) -> bool:
    return any(re.match(NUMBER, word) for word in column.categories if word is not None)


def as_matrix(batch: pa.RecordBatch, numbers: list[str]) -> np.ndarray:
    """Return (rows, columns) float64, NaN where there is no value."""
    matrix = np.empty((len(batch), len(numbers)))
    for i, name in enumerate(numbers):
        matrix[:, i] = batch.column(name).to_numpy(zero_copy_only=False)
    return matrix


def _too_many(file: TableFile, name: str, most: int, word: str | None) -> str:
    if told := other_separator(file.names):
        return f"{file.path}: has one column, {name!r}; {told}"
    why = "" if word is None else f" ({word!r} is no number, so its values are taken for words)"
    return (
        f"{file.path}: column {name!r} has more than {most} different words{why}; leave it out "
        "with dataset.ignore, raise dataset.max_categories, or add what stands for no value to "
        "dataset.missing"
    )


class _Moments:
    """Mean and variance of d columns, block by block (Chan, Golub and LeVeque 1983)."""

    def __init__(self, d: int) -> None:
        self.n, self.mean, self.squares = np.zeros((3, d))
        self.missing = np.zeros((3, d), np.int64)

    def add(self, values: np.ndarray, part: np.ndarray) -> None:
        """Take a block, (rows, d), and the parts of its rows."""
        there = ~np.isnan(values)
        for code in range(3):
            self.missing[code] += (~there[part == code]).sum(0)
        train = part == TRAIN
        values, there = values[train], there[train]
        n = there.sum(0)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.where(there, values, 0).sum(0) / np.maximum(n, 1)
            squares = np.square(np.where(there, values - mean, 0)).sum(0)
            total = np.maximum(self.n + n, 1)
            away = mean - self.mean
            self.squares += np.where(n > 0, squares + away**2 * self.n * n / total, 0)
            self.mean += np.where(n > 0, away * n / total, 0)
        self.n += n

    def columns(self, file: TableFile, names: list[str]) -> list[Number | None]:
        """Return the columns; None for one without a value in train."""
        std = np.sqrt(self.squares / np.maximum(self.n, 1))
        finite = np.isfinite(std) & np.isfinite(self.mean)
        if not finite.all():
            name = names[int(np.flatnonzero(~finite)[0])]
            raise UserError(
                f"{file.path}: column {name!r} has numbers too large to take their mean; scale it, "
                "or leave it out with dataset.ignore"
            )
        # What rounding alone gives is no spread.
        std[std <= 1e-14 * np.sqrt(np.maximum(self.n, 1)) * np.abs(self.mean)] = 1
        std[std == 0] = 1
        # A spread that float64 can hardly tell from none would give infinite values.
        std[std < np.finfo(np.float32).tiny] = 1
        return [
            Number(name, float(self.mean[i]), float(std[i]), _three(self.missing[:, i]))
            if self.n[i]
            else None
            for i, name in enumerate(names)
        ]


def _three(counts: np.ndarray) -> tuple[int, int, int]:
    train, val, test = map(int, counts)
    return train, val, test


class _Counts:
    """How often each word of a column is in each part."""

    def __init__(self, name: str, missing: tuple[str, ...]) -> None:
        self.name, self.words_for_missing = name, missing
        self.table: dict[str, np.ndarray] = {}
        self.missing = np.zeros(3, np.int64)

    def add(self, values: pa.Array, part: np.ndarray) -> None:
        """Take a block and the parts of its rows."""
        encoded = to_words(values, self.words_for_missing).dictionary_encode()
        k = len(encoded.dictionary)
        codes = encoded.indices.fill_null(k).to_numpy()
        counts = np.bincount(codes * 4 + part, minlength=4 * k + 4).reshape(k + 1, 4)[:, :OUT]
        self.missing += counts[k]
        for word, count in zip(encoded.dictionary.to_pylist(), counts, strict=False):
            if count.any():
                self.table[word] = self.table.get(word, 0) + count

    def column(self) -> Category | None:
        """Return the column; None for one without a value in train."""
        known = sorted(word for word, count in self.table.items() if count[TRAIN])
        if not known:
            return None
        unknown = sum(int(count.sum()) for count in self.table.values() if not count[TRAIN])
        train, val, test = _three(self.missing)
        last = (None,) if train else ()
        unknown += 0 if train else val + test
        return Category(self.name, (*known, *last), (train, val, test), unknown)
