"""New examples in files, and what was measured, beside the page."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from torch import Tensor

from narrows.compressing.outputs import write_examples
from narrows.errors import UserError
from narrows.files import replacing, write_csv, write_json
from narrows.generating.generator import Generator
from narrows.generating.judge import Measures
from narrows.generating.measuring import Found
from narrows.generating.options import Options, Way
from narrows.generating.originals import fields_of, rows_of, terms_of
from narrows.packing import read_card
from narrows.progress import Display
from narrows.spec import Spec

# What every run of the command writes beside examples and page.
MEASURES, NUMBERS, SAMPLES = FILES = ("measures.csv", "measures.json", "samples.csv")


def check_folder(out: Path, overwrite: bool) -> None:
    """Refuse a folder that results cannot go to, before anything is computed.

    Raises:
        UserError: if it is a file, or holds something already.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out={out} is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise UserError(f"{out} is not empty; --overwrite replaces what has the same names")


def write_samples(out: Path, generator: Generator, found: Found) -> None:
    """Write the new examples of each way: PNG pictures, an array, a table or terms."""
    total = sum(len(drawn.codes) for drawn in found.drawn.values())
    done = 0
    with Display("writing", total, "examples") as bar:
        for way, drawn in found.drawn.items():
            _write_way(out, way, generator, drawn.codes)
            done += len(drawn.codes)
            bar.show(done)


def place_of(way: Way, spec: Spec) -> str:
    """Return the name of the folder or file that a way's examples are written to."""
    if spec.kind == "image":
        return way if spec.shape[0] in (1, 3) else f"{way}.npy"
    return f"{way}.jsonl" if spec.kind == "text" else f"{way}.csv"


def _write_way(out: Path, way: Way, generator: Generator, codes: Tensor) -> None:
    spec, blocks = generator.module.spec, generator.decode(codes)
    path = out / place_of(way, spec)
    if spec.kind == "image":
        write_examples(path, blocks, len(codes), spec)
    elif spec.kind == "text":
        with replacing(path) as temporary:
            _write_terms(temporary, blocks, read_card(generator.data)["facts"]["vocabulary"])
    else:
        fields = fields_of(spec, generator.data)
        rows = (row for x in blocks for row in rows_of(fields, x.numpy()))
        _write_csv(path, [field.name for field in fields], rows)


def _write_terms(path: Path, blocks: Iterator[Tensor], vocabulary: list[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for block in blocks:
            for terms in terms_of(vocabulary, block.numpy()):
                file.write(json.dumps({"terms": terms}, ensure_ascii=False) + "\n")


def write_measures(out: Path, found: Found, options: Options) -> None:
    """Write measures.csv, measures.json, and samples.csv with what each sample is nearest to."""
    names = Measures._fields
    headings = [f"{name}{end}" for name in names for end in ("", "_plus_minus")]
    rows = ([row.name, *_figures(found, row.name)] for row in found.rows)
    _write_csv(out / MEASURES, ["way", *headings], rows)
    asked = {"number": options.number, "neighbours": options.neighbours, "seed": options.seed}
    write_json(out / NUMBERS, {**asked, **found.json()})
    lines = (line for way in found.drawn for line in _lines(found, way))
    headings = ["way", "sample", "training_example", "distance", "copy"]
    _write_csv(out / SAMPLES, headings, lines)


def _figures(found: Found, name: str) -> Iterator[float | None]:
    for measure in Measures._fields:
        value = found.row(name).estimate(measure)
        yield from (value.mean, value.half_width)


def _lines(found: Found, way: Way) -> Iterator[tuple[str, int, int, float, int]]:
    nearest = found.drawn[way].nearest
    both = zip(nearest.rows.tolist(), nearest.distances.tolist(), strict=True)
    for sample, ((row, distance), copy) in enumerate(zip(both, found.copies(way), strict=True)):
        yield way, sample, row, distance, int(copy)


def _write_csv(path: Path, headings: list[str], rows: Iterable[Iterable[object]]) -> None:
    write_csv(path, chain([headings], (map(_figure, row) for row in rows)))


def _figure(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
