"""A first pass over a file of documents: where each is, its labels and what is wrong with it."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from narrows.datasets.labels import Labels, from_lists
from narrows.datasets.own import OPEN, PARTS
from narrows.errors import UserError, nearest
from narrows.readers.records import Format, Record
from narrows.text.fields import Fields
from narrows.text.texts import TextError, Unreadable

# More would be a field of identifiers, and y would not fit into memory.
MAX_LABELS = 10_000
# By its name, the code of a part; see `OwnData.divide`.
_CODES = {None: int(OPEN)} | {part: code for code, part in enumerate(PARTS)}


@dataclass(frozen=True)
class Survey:
    """What a file holds.

    Attributes:
        starts: (n,) the byte at which each document's record starts.
        sizes: (n,) of the records, in bytes.
        labels: of the documents.
        given: (n,) the code of each document's part, or None if no field says it.
        problems: what is wrong with a document, a line that names the file.
    """

    starts: np.ndarray
    sizes: np.ndarray
    labels: Labels
    given: np.ndarray | None
    problems: dict[int, str]


class _Columns:
    """What was found of each record, in little memory."""

    def __init__(self) -> None:
        self.starts, self.sizes = array("q"), array("q")
        self.sets: dict[tuple[str, ...] | None, int] = {None: 0}
        self.labels, self.parts = array("i"), array("b")
        self.problems: dict[int, str] = {}
        self.seen: dict[str, None] = {}

    def add(self, record: Record, fields: Fields) -> None:
        """Add a record; raise TextError if it is not what it should be."""
        labels, part = None, None
        try:
            if record.problem:
                raise TextError(record.problem)
            if not self.seen.keys() >= record.values.keys() and len(self.seen) < MAX_LABELS:
                self.seen |= dict.fromkeys(record.values)
            fields.text_of(record.values)
            labels, part = fields.labels_of(record.values), fields.part_of(record.values)
        finally:
            self.starts.append(record.start)
            self.sizes.append(record.size)
            self.labels.append(self.sets.setdefault(labels, len(self.sets)))
            self.parts.append(_CODES[part])

    def of_labels(self) -> Labels:
        """Return the labels of all records; each set of labels was kept once."""
        sets, which = from_lists(list(self.sets)), np.frombuffer(self.labels, np.int32)
        return sets.take(which)


def survey(
    path: Path,
    records: Iterable[Record],
    fields: Fields,
    on_error: Literal["stop", "skip"],
) -> Survey:
    """Read all records.

    Args:
        path: of their file, for errors.
        records: of the file.
        fields: which hold what.
        on_error: raise for the first record with a problem, or note it.

    Raises:
        UserError: for a record with a problem, or if no record has one of the fields.
    """
    found = _Columns()
    for row, record in enumerate(records):
        try:
            found.add(record, fields)
        except TextError as error:
            found.problems[row] = f"{path} line {record.line} {error}"
            if on_error == "stop":
                _check_fields(path, found, fields)
                raise UserError(
                    f"{found.problems[row]}; mend it, or leave such documents out with "
                    "dataset.on_error=skip"
                ) from error
    _check_fields(path, found, fields)
    _check(path, found, fields)
    # Not copied: the memory of a list is that of its array.
    starts, sizes = (np.frombuffer(a, np.int64) for a in (found.starts, found.sizes))
    given = None if fields.split is None else np.frombuffer(found.parts, np.int8)
    return Survey(starts, sizes, found.of_labels(), given, found.problems)


def _check_fields(path: Path, found: _Columns, fields: Fields) -> None:
    """Tell of a field that no record has: its name is mistyped."""
    for name in fields.names if found.seen else ():
        if name not in found.seen:
            option = _option(name, fields)
            without = " or dataset.labels=null for documents without" if "label" in option else ""
            raise UserError(
                f"{path} has no field {name!r}; {option}=… names it{without}"
                f"{nearest(name, found.seen)}"
            )


def _option(name: str, fields: Fields) -> str:
    if name in fields.text:
        return "dataset.text"
    return "dataset.labels" if name == fields.labels else "dataset.split_field"


def _check(path: Path, found: _Columns, fields: Fields) -> None:
    n, bad = len(found.starts), found.problems
    if n == 0:
        raise UserError(f"{path} holds no document; bring some")
    if len(bad) == n:
        raise UserError(f"{path}: none of the {n} documents can be used; the first: {bad[0]}")
    names = set[str]().union(*(labels for labels in found.sets if labels is not None))
    if len(names) > MAX_LABELS:
        raise UserError(
            f"{path}: field {fields.labels!r} has {len(names):,} different labels, more than "
            f"{MAX_LABELS:,}; name another one with dataset.labels=…"
        )


class RecordTexts:
    """Documents that are read at their places in a file; picklable.

    Args:
        path: of the file as the user knows it.
        plain: the same with its bytes as they were counted.
        found: in a first pass.
        form: of the file.
        fields: which hold what.
    """

    def __init__(
        self, path: Path, plain: Path, found: Survey, form: Format, fields: Fields
    ) -> None:
        self.path, self.plain, self.form, self.fields = path, plain, form, fields
        self.starts, self.sizes, self.problems = found.starts, found.sizes, found.problems

    def __len__(self) -> int:
        return len(self.starts)

    def read(self, rows: Iterable[int]) -> Iterator[str | Unreadable]:
        """Yield the texts of some documents, in their order."""
        with self.plain.open("rb") as file:
            for row in rows:
                if row in self.problems:
                    yield Unreadable(self.problems[row])
                else:
                    file.seek(self.starts[row])
                    yield self._text(file.read(self.sizes[row]))

    def _text(self, data: bytes) -> str | Unreadable:
        try:
            return self.fields.text_of(self.form.values(data))
        except TextError:
            return Unreadable(f"{self.path} has changed while it was read; run the command again")
