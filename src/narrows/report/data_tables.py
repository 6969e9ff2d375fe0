"""What a packed data set's folder says of it: counts, labels, values and a few examples."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from narrows.named_values import value_by
from narrows.packing import read_card
from narrows.report.data_labels import Together, label_counts, together
from narrows.report.data_samples import Example, example, examples
from narrows.report.data_values import Histogram, Values, values_of
from narrows.report.text import clean, flat
from narrows.spec import Kind, Spec
from narrows.store import Stored, StoredCsr, open_part

_SHOWN = {"image": (18, 9), "table": (8, 4), "text": (8, 4)}
_PAIRS_SHOWN = 6


@dataclass(frozen=True)
class PartSummary:
    """One part.

    Attributes:
        name: train, val or test.
        examples: how many.
        labelled: how many of these, from the first, have labels.
        shape: of its examples, together.
        dtype: of their values.
        nonzero: values that are kept, where rows are sparse; else None.
        size: of its files in bytes.
        positives: how many of the labelled examples have each label.
        of_example: how many of these have 0, 1, 2, … labels.
        values: of the examples; None if there are none.
        columns: the same of each column of a table.
        histogram: of the values, or of the lengths of documents.
        shown: some examples.
    """

    name: str
    examples: int
    labelled: int
    shape: list[int]
    dtype: str
    nonzero: int | None
    size: int
    positives: list[int]
    of_example: list[int]
    values: Values | None
    columns: list[Values] | None
    histogram: Histogram | None
    shown: list[Example]

    @property
    def cardinality(self) -> float:
        """Mean number of labels of a labelled example."""
        return sum(self.positives) / self.labelled if self.labelled else 0.0

    @property
    def without_positive(self) -> list[int]:
        """Places of labels that no example of this part has."""
        return [place for place, count in enumerate(self.positives) if not count]


@dataclass(frozen=True)
class Twins:
    """Two examples of two parts that are the same, or nearly so.

    Attributes:
        kind: exact or near.
        first: the example of the earlier part.
        second: that of the later one.
    """

    kind: str
    first: Example
    second: Example


@dataclass(frozen=True)
class Shared:
    """How many examples two parts had in common when they were packed.

    Attributes:
        parts: the two.
        exact: pairs that are the same.
        near: pairs that are nearly so.
        rows: how many examples of each part have a twin in the other.
        shown: some pairs; none where twins were removed.
    """

    parts: tuple[str, str]
    exact: int
    near: int
    rows: tuple[int, int]
    shown: list[Twins]


@dataclass(frozen=True)
class DataSummary:
    """All that is shown of a data set; its texts are fit to be shown, but not escaped.

    Attributes:
        name: of the data set.
        choice: what to write after `narrows train` to have it.
        options: that it was prepared with.
        kind: image, table or text.
        shape: of an example.
        labels: their names.
        split_rule: how the parts were made.
        parts: train, val and test.
        together: which labels occur together in the first part.
        shared: how many examples each two parts had in common.
        removed: how many examples were removed from a part since they are in a later one.
        blank: how many examples of a part have nothing in them.
        skipped: for each example that was left out where it was and the problem.
        left_out: how many were, which may be more.
        facts: what the data set says of itself, as JSON.
        folder: that it is packed in.
    """

    name: str
    choice: str
    options: dict[str, Any]
    kind: Kind
    shape: list[int]
    labels: list[str]
    split_rule: str
    parts: list[PartSummary]
    together: Together
    shared: list[Shared]
    removed: dict[str, int]
    blank: dict[str, int]
    skipped: list[dict[str, str]]
    left_out: int
    facts: dict[str, Any]
    folder: str

    def original(self, values: list[float]) -> list[float]:
        """Return the first values of an example, in the source's units if the card knows them."""
        columns = self.facts.get("columns", {})
        if not all(isinstance(column, dict) and "missing_in_train" in column for column in columns):
            return values
        spec = Spec(tuple(self.shape), tuple(self.labels), self.kind)
        of = value_by(self.facts, spec)
        return [of(place).original(value) for place, value in enumerate(values)]

    @property
    def examples(self) -> int:
        """How many examples all parts have."""
        return sum(part.examples for part in self.parts)

    @property
    def single(self) -> bool:
        """Whether each labelled example has one label, a class."""
        return bool(self.labels) and all(
            sum(part.of_example) == sum(part.of_example[1:2]) for part in self.parts
        )


def summarise(folder: Path, name: str, choice: str) -> DataSummary:
    """Return what a packed data set's folder says of it.

    Memory stays the same whatever the size of its arrays.

    Args:
        folder: with card.json and the arrays.
        name: of the data set, for its heading.
        choice: what to write after `narrows train` to have it.

    Raises:
        UserError: if there is no card.
    """
    card = clean(read_card(folder))
    spec, parts = card["spec"], card["parts"]
    read = [_part(folder, part, entry, spec) for part, entry in parts.items()]
    first = read[0]
    duplicates, facts = card.get("duplicates", {}), card.get("facts", {})
    skipped = [*card.get("skipped", []), *_left_out(facts)]
    return DataSummary(
        name=clean(name),
        choice=clean(choice),
        options={k: v for k, v in card["dataset"].items() if k != "_target_"},
        kind=spec["kind"],
        shape=spec["shape"],
        labels=spec["labels"],
        split_rule=card["split_rule"],
        parts=read,
        together=together(_labels(folder, first.name), first.labelled, first.positives),
        shared=list(_shared(folder, card)),
        removed=duplicates.get("removed", {}),
        blank=duplicates.get("blank", {}),
        skipped=skipped,
        left_out=_in_all(card, facts),
        facts=facts,
        folder=str(folder),
    )


def _in_all(card: dict[str, Any], facts: dict[str, Any]) -> int:
    """Return how many were left out; the card lists the first of them."""
    packer = card.get("skipped_in_all", len(card.get("skipped", [])))
    return packer + max(len(_left_out(facts)), facts.get("rows_left_out", 0))


def _left_out(facts: dict[str, Any]) -> list[dict[str, str]]:
    """Return what the data set itself left out, before it was packed."""
    lines = facts.get("left_out", [])
    if isinstance(lines, dict):
        lines = [f"{name} {flat(why)}" for name, why in lines.items()]
    return [{"part": "source", "problem": str(line)} for line in lines]


def _part(folder: Path, name: str, entry: dict[str, Any], spec: dict[str, Any]) -> PartSummary:
    x, y = open_part(folder, name), _labels(folder, name)
    labelled = _labelled(entry)
    positives, of_example = label_counts(y, labelled)
    something = len(x) > 0 and prod(x.shape) > 0
    values, columns, histogram = values_of(x) if something else (None, None, None)
    first, others = _SHOWN[spec["kind"]]
    return PartSummary(
        name=name,
        examples=len(x),
        labelled=labelled,
        shape=list(x.shape),
        dtype="float32" if isinstance(x, StoredCsr) else str(x.dtype),
        nonzero=len(x.data) if isinstance(x, StoredCsr) else None,
        size=sum(path.stat().st_size for path in folder.glob(f"{name}.*.npy")),
        positives=positives.tolist(),
        of_example=of_example.tolist(),
        values=values,
        columns=columns,
        histogram=histogram,
        shown=examples(x, y, labelled, spec["kind"], first if name == "train" else others),
    )


def _shared(folder: Path, card: dict[str, Any]) -> Iterator[Shared]:
    duplicates = card.get("duplicates", {})
    for found in duplicates.get("pairs", []):
        if not found["exact"] + found["near"]:
            continue
        # Once rows were removed, the others have other places than the card says.
        kept = not duplicates.get("removed", {})
        pairs = found["examples"][:_PAIRS_SHOWN] if kept else []
        yield Shared(
            parts=tuple(found["parts"]),
            exact=found["exact"],
            near=found["near"],
            rows=tuple(found["rows"]),
            shown=[_twins(folder, card, found["parts"], pair) for pair in pairs],
        )


def _twins(folder: Path, card: dict[str, Any], parts: list[str], pair: dict[str, Any]) -> Twins:
    both = [
        example(
            open_part(folder, part),
            _labels(folder, part),
            _labelled(card["parts"][part]),
            card["spec"]["kind"],
            row,
        )
        for part, row in zip(parts, pair["rows"], strict=True)
    ]
    return Twins(pair["kind"], *both)


def _labelled(entry: dict[str, Any]) -> int:
    return entry.get("labelled", entry["examples"])


def _labels(folder: Path, part: str) -> Stored:
    return Stored.open(folder / f"{part}.y.npy")
