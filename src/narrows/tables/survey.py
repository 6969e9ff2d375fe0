"""The first pass over a table: kinds of columns, labels, parts, and rows with a problem."""

from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa

from narrows.datasets.labels import Labels
from narrows.datasets.own import PARTS
from narrows.errors import UserError
from narrows.part_names import PART_NAMES
from narrows.readers.words import NUMBER, compute, to_numbers, to_words
from narrows.tables.files import Roles, TableFile
from narrows.tables.growing import Growing
from narrows.tables.labels import label_scan
from narrows.tables.problems import Problems

Kind = Literal["number", "category"]
_PART_WORDS = [(word, PARTS.index(part)) for word, part in PART_NAMES.items()]


class Survey(NamedTuple):
    """What the first pass has found.

    Attributes:
        rows: number of rows.
        kinds: of the features.
        words: for a category that has numbers too, one of the values that are none.
        labels: of all rows.
        given: (rows,) the part that a column says, 0 train, 1 val, 2 test, 3 none; or None.
        problems: rows that cannot be used.
    """

    rows: int
    kinds: dict[str, Kind]
    words: dict[str, str]
    labels: Labels
    given: np.ndarray | None
    problems: Problems


def survey(
    file: TableFile, roles: Roles, separator: str | None, missing: tuple[str, ...]
) -> Survey:
    """Read the whole table once.

    Args:
        file: to read.
        roles: what its columns are for.
        separator: between labels in a label column that holds lists.
        missing: words that stand for no value.

    Raises:
        UserError: if the file is broken or has no row.
    """
    # Where the file says what a number is, a label is its text all the same.
    numbers = (file.numbers or frozenset()) & (set(roles.features) - roles.words)
    open_kinds = set(roles.features) - roles.words if file.numbers is None else set()
    scans = [
        _Feature(name, None if name in open_kinds else _kind(name, numbers))
        for name in roles.features
    ]
    labels = label_scan(roles.labels, separator, missing)
    given = None if roles.split is None else _Given(roles.split)
    columns = [*roles.features, *roles.labels, *([roles.split] if roles.split else [])]
    start = 0
    for batch in file.batches(columns, numbers):
        for scan in scans:
            scan.look(batch.column(scan.name), start, missing)
        labels.look(batch, start)
        if given is not None:
            given.look(batch, start)
        start += len(batch)
    if start == 0:
        raise UserError(f"{file.path} has a heading and no rows; give a table with rows")
    problems = labels.problems
    for scan in (*scans, *([given] if given else [])):
        problems.merge(scan.problems)
    kinds: dict[str, Kind] = {scan.name: scan.kind or "number" for scan in scans}
    return Survey(
        start,
        kinds,
        {scan.name: scan.word for scan in scans if scan.word is not None},
        labels.result(problems.rows),
        None if given is None else given.parts.values,
        problems,
    )


def _kind(name: str, numbers: frozenset[str]) -> Kind:
    return "number" if name in numbers else "category"


class _Feature:
    """What a column holds: numbers, until a value is none."""

    def __init__(self, name: str, kind: Kind | None) -> None:
        self.name = name
        self.kind: Kind | None = kind
        self.word: str | None = None
        self.problems = Problems()

    def look(self, values: pa.Array, start: int, missing: tuple[str, ...]) -> None:
        """Look at a block that starts at row `start`."""
        if self.kind == "category":
            return
        try:
            numbers = to_numbers(values, missing)
        except pa.ArrowInvalid:
            self.kind, self.word = "category", _first_word(values, missing)
            self.problems = Problems()
            return
        infinite = np.isinf(numbers.to_numpy(zero_copy_only=False))
        if infinite.any():
            text = f"column {self.name!r} has an infinite value"
            self.problems.add(start, np.flatnonzero(infinite), lambda _: text)


def _first_word(values: pa.Array, missing: tuple[str, ...]) -> str | None:
    words = to_words(values, missing).drop_null()
    wrong = words.filter(compute.invert(compute.match_substring_regex(words, NUMBER)))
    return wrong[0].as_py() if len(wrong) else None


class _Given:
    """The column that says the part of each row."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts = Growing(np.int8)
        self.problems = Problems()

    def look(self, batch: pa.RecordBatch, start: int) -> None:
        """Look at a block that starts at row `start`."""
        words = to_words(batch.column(self.name), ())
        known = pa.array([word for word, _ in _PART_WORDS])
        place = compute.index_in(compute.utf8_lower(words), value_set=known)
        codes = np.array([*(code for _, code in _PART_WORDS), 3], np.int8)
        parts = codes[place.fill_null(-1).to_numpy()]
        wrong = (parts == 3) & words.is_valid().to_numpy(zero_copy_only=False)
        self.parts.add(parts)
        self.problems.add(
            start,
            np.flatnonzero(wrong),
            lambda i: f"column {self.name!r} has {words[i].as_py()!r}, not train, val or test",
        )
