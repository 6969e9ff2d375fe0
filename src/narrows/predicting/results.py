"""Predictions as a file, CSV or Parquet, written while they are made. Imports no torch."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrows.files import replacing
from narrows.readers.separators import SEPARATORS

if TYPE_CHECKING:
    from narrows.predicting.predictor import Predictions

PARQUET, ENDINGS = (".parquet", ".pq"), (".csv", ".parquet", ".pq")
_SAID = "labels"
Write = Callable[["Predictions"], None]


def headings(kind: str, labels: Sequence[str]) -> list[str]:
    """Return the names of the columns: of the example, of the labels that it has, and the labels.

    The first two get a _ behind them where a label is called so.

    Args:
        kind: what an example's name is of, such as "file".
        labels: names of all labels.
    """
    first = list[str]()
    for name in (kind, _SAID):
        while name in labels:
            name += "_"
        first.append(name)
    return [*first, *labels]


def separator_of(labels: Sequence[str], options: dict[str, Any]) -> str:
    """Return what stands between labels of a list: the data set's own separator, or a semicolon.

    Where a label holds it, it is another character that none holds.

    Args:
        labels: names of all labels.
        options: of the run's data set.
    """
    own = options.get("label_separator") or ";"
    tried = (SEPARATORS.get(own, own), ";", "|", "\t")
    return next((s for s in tried if not any(s in label for label in labels)), tried[0])


def said_text(said: Sequence[bool], labels: Sequence[str], separator: str) -> str:
    """Return the labels that are said of an example, as a list in one text."""
    return separator.join(label for label, yes in zip(labels, said, strict=True) if yes)


@contextmanager
def writing(path: Path, heads: Sequence[str], separator: str, raw: bool) -> Iterator[Write]:
    """Give a function that adds predictions to a file, which is there when the block has ended.

    Args:
        path: of the file; the end of its name says its format.
        heads: names of the columns, as `headings` gives them.
        separator: between the labels of an example.
        raw: write probabilities that are not calibrated.
    """
    begun = _parquet if path.suffix.lower() in PARQUET else _csv
    with replacing(path) as temporary, begun(temporary, heads) as add:

        def write(found: "Predictions") -> None:
            values = found.probabilities if raw else found.calibrated
            said = [said_text(row, heads[2:], separator) for row in found.said.tolist()]
            add(list(map(_shown, found.names)), said, values)

        yield write


def _shown(name: str | int) -> str | int:
    """Return a name as it can be written: that of a file may hold bytes that are no text."""
    return name.encode("utf-8", "backslashreplace").decode() if isinstance(name, str) else name


_Add = Callable[[list[Any], list[str], Any], None]


@contextmanager
def _csv(path: Path, heads: Sequence[str]) -> Iterator[_Add]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)

        def add(names: list[Any], said: list[str], values: Any) -> None:
            for name, labels, row in zip(names, said, values.tolist(), strict=True):
                writer.writerow([name, labels, *(f"{value:.6g}" for value in row)])

        yield add


@contextmanager
def _parquet(path: Path, heads: Sequence[str]) -> Iterator[_Add]:
    # pyarrow takes half a second to import.
    import pyarrow as pa
    from pyarrow import parquet

    named = pa.string() if heads[0].startswith("file") else pa.int64()
    kinds = [named, pa.string(), *[pa.float32()] * (len(heads) - 2)]
    schema = pa.schema(list(zip(heads, kinds, strict=True)))
    with parquet.ParquetWriter(path, schema) as writer:

        def add(names: list[Any], said: list[str], values: Any) -> None:
            columns = [names, said, *values.T]
            arrays = [pa.array(c, kind) for c, kind in zip(columns, kinds, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))

        yield add
