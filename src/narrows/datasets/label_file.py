"""A file of labels: one row for each image, found by its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from narrows.datasets.labels import Labels
from narrows.errors import UserError, nearest

if TYPE_CHECKING:
    from narrows.tables.files import TableFile
    from narrows.tables.problems import Problems


@dataclass(frozen=True)
class LabelFile:
    """A CSV or Parquet file, and which of its columns say what.

    Attributes:
        path: of the file.
        file_column: the column with the image's name.
        labels: names or patterns of the label columns.
        label_separator: between the labels in a single column that holds a list.
        separator: between the values of a CSV file.
        encoding: of a CSV file.
        on_error: stop at a row that cannot be used, or leave it out.
    """

    path: Path
    file_column: str
    labels: str | list[str]
    label_separator: str | None
    separator: str
    encoding: str
    on_error: Literal["stop", "skip"]

    def read(self, names: Sequence[str]) -> tuple[Labels, list[str]]:
        """Return the labels of images; those without a row have none.

        Args:
            names: of the images, as they lie below the folder.

        Returns:
            The labels, and what was left out, a line for each.

        Raises:
            UserError: if the file cannot be read, or for a row that cannot be used: it names no
                image, or one that had a row before, or a label is wrong.
        """
        # pyarrow takes half a second to import: processes that decode images do without.
        from narrows.readers.csv_file import MISSING
        from narrows.tables.files import open_table
        from narrows.tables.labels import label_scan

        if not self.path.is_file():
            raise UserError(f"dataset.labels={self.path} is not there; name a CSV or Parquet file")
        file = open_table(self.path, self.separator, self.encoding, MISSING, self.on_error)
        columns = self._columns(file)
        scan = label_scan(columns, self.label_separator, MISSING)
        files, start = list[str](), 0
        for batch in file.batches([self.file_column, *columns]):
            scan.look(batch, start)
            files += map(str, batch.column(self.file_column).to_pylist())
            start += len(batch)
        if not files:
            raise UserError(f"{self.path} has no row; give one for each image that has labels")
        image = self._match(files, names, scan.problems)
        left_out = self._told(file, scan.problems)
        labels = scan.result(scan.problems.rows)
        usable = np.flatnonzero(image >= 0)
        rows = np.full(len(names), -1)
        rows[image[usable]] = usable
        y, known = labels.y[rows], labels.known[rows] & (rows >= 0)
        return Labels(labels.names, np.where(known[:, None], y, 0), known), left_out

    def _columns(self, file: "TableFile") -> tuple[str, ...]:
        from narrows.tables.files import matching

        if self.file_column not in file.names:
            raise UserError(
                f"{self.path} has no column {self.file_column!r} with the images' names; "
                f"dataset.file_column=… names it{nearest(self.file_column, file.names)}"
            )
        found = matching(file, self.labels, "label_columns")
        if columns := tuple(name for name in found if name != self.file_column):
            return columns
        raise UserError(f"{self.path} has no column with labels beside {self.file_column!r}")

    def _match(self, files: list[str], names: Sequence[str], problems: "Problems") -> np.ndarray:
        """Return the image of each row, -1 for one that cannot be used; note its problem."""
        place = {name: i for i, name in enumerate(names)}
        plain = (file.replace("\\", "/").removeprefix("./") for file in files)
        image = np.fromiter((place.get(file, -1) for file in plain), np.int64, len(files))
        unknown = np.flatnonzero(image < 0)
        problems.add(0, unknown, lambda i: f"there is no image {files[i]!r}")
        _, first = np.unique(image, return_index=True)
        again = np.setdiff1d(np.flatnonzero(image >= 0), first)
        problems.add(0, again, lambda i: f"image {files[i]!r} has an earlier row")
        image[problems.rows] = -1
        return image

    def _told(self, file: "TableFile", problems: "Problems") -> list[str]:
        texts = problems.texts
        where = file.where(list(texts))
        lines = [f"{self.path} {w}: {t}" for w, t in zip(where, texts.values(), strict=True)]
        if lines and self.on_error == "stop":
            raise UserError(
                f"{lines[0]}; mend it, or leave such rows out with dataset.on_error=skip"
            )
        return lines + [f"{self.path} {text}" for text in file.left_out(1000)]
