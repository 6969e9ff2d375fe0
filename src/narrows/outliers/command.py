"""The command `narrows outliers`: examples in; scores, what is wrong, and a page out."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from narrows import runs
from narrows.errors import UserError
from narrows.files import check_free, write_csv, write_text
from narrows.loading import PackedDataset
from narrows.named_values import value_of
from narrows.new_examples import Examples, data_of, read_examples
from narrows.outliers.detector import Detector
from narrows.outliers.options import Options
from narrows.outliers.page import Found, render_page, shown
from narrows.outliers.threshold import threshold_of
from narrows.use_log import log_use

# Values of an example that are told, those with the largest errors.
_WORST = 3


def find_outliers(path: Path, out: Path, options: Options, overwrite: bool = False) -> None:
    """Score the examples of a file, write the table and the page, and print what came of it.

    Raises:
        UserError: for a mistake in the options or the file; nothing is written then.
    """
    page = out.with_suffix(".html")
    for target in (out, page):
        if target.resolve() == path.resolve():
            raise UserError(f"--out={out} would replace {path}; choose another name")
        check_free(target, overwrite)
    if out.suffix.lower() == ".html":
        raise UserError(f"--out={out} is the table; the page goes beside it, so name a .csv")
    folder = runs.find(options.model, "model")
    data = data_of(folder)
    read = read_examples(path, folder)
    examples = PackedDataset.unlabelled(read.x)
    detector = Detector(folder, data, options.score, options.normalize)
    normal = detector.score(PackedDataset.open(data, "val"))
    threshold = threshold_of(normal, options.false_alarms)
    scores = detector.score(examples)
    numbered = None if read.kind == "file" else read.kind
    found = Found(path.name, options, scores, normal, threshold, numbered)
    _write_table(out, read, found, worst_values(detector, examples))
    write_text(page, render_page(found, shown(detector, read, scores)))
    above = int((scores > threshold).sum())
    print(f"{above} of {len(scores)} above the threshold of {threshold:.4g}")  # noqa: T201
    print(f"scores: {out}, page: {page}")  # noqa: T201
    log_use(folder, "outliers", [page, out])


def worst_values(detector: Detector, examples: PackedDataset) -> Iterator[list[str]]:
    """Yield the names of each example's values with the largest errors, the worst one first."""
    of = value_of(detector.module.spec, detector.data)
    count = min(_WORST, detector.module.spec.size) if detector.reconstructs else 0
    for x, _ in examples.batches():
        if not count:
            yield from ([] for _ in x)
            continue
        places = detector.compare(x)[1].flatten(1).topk(count).indices
        yield from ([of(place).name for place in row] for row in places.tolist())


def _write_table(out: Path, read: Examples, found: Found, worst: Iterator[list[str]]) -> None:
    """Write a line for each example: its name, score, 1 if it is above, worst values."""
    above = np.asarray(found.scores > found.threshold, int)

    def lines() -> Iterator[list[object]]:
        rows = zip(read.names, found.scores, above, worst, strict=True)
        for row, (name, score, outlier, values) in enumerate(rows):
            if row == 0:
                yield [read.kind, "score", "outlier", *_headings(len(values))]
            yield [name, f"{score:.6g}", outlier, *values]

    write_csv(out, lines())


def _headings(count: int) -> list[str]:
    return [f"worst_{n + 1}" for n in range(count)]
