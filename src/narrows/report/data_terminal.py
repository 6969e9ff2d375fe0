"""Print what a data set is like."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image
from rich.box import SIMPLE_HEAD
from rich.color import Color
from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from narrows.report.data_notes import columns, feature_names, headline, notes, other_facts, what
from narrows.report.data_page import label_rows, label_text
from narrows.report.data_samples import Example
from narrows.report.data_tables import DataSummary, PartSummary
from narrows.report.text import flat, listed, number, share, shorten, size

_LABELS, _PAIRS, _COLUMNS, _ROWS, _WIDE = 20, 5, 12, 3, 4
_SIDE, _BESIDE = 18, 4
_SHADES = " ░▒▓█"
_BAR, _NAME, _TERMS, _SKIPPED, _FACT = 12, 28, 8, 10, 300


def print_data(summary: DataSummary, console: Console) -> None:
    """Print the card of a data set."""
    for piece in _pieces(summary, console.color_system is not None):
        console.print(piece)


def _pieces(summary: DataSummary, coloured: bool) -> Iterator[RenderableType]:
    yield Text(f"{shorten(summary.name, 60)}: {headline(summary)}", style="bold")
    yield from (Text(f"! {note}") for note in notes(summary))
    yield _parts(summary)
    yield Text(f"example: {what(summary)}")
    yield Text(f"split: {summary.split_rule}")
    for name, value in other_facts(summary.facts).items():
        yield Text(shorten(f"{name.replace('_', ' ')}: {flat(value)}", _FACT))
    if summary.labels:
        yield _labels(summary)
        yield from _pairs(summary)
    if summary.kind == "image":
        yield from (_pictures(part, summary.labels, coloured) for part in summary.parts)
    if summary.kind == "table":
        yield from (_columns(summary), _rows(summary))
    if summary.kind == "text":
        yield _documents(summary)
    if summary.shared:
        yield _shared(summary)
    yield from _skipped(summary)


def _table(*headings: str, caption: str | None = None) -> Table:
    """Return a table: its first column is of names, the others of numbers."""
    table = Table(
        box=SIMPLE_HEAD, pad_edge=False, caption=caption, caption_justify="left", highlight=False
    )
    for place, heading in enumerate(headings):
        table.add_column(Text(heading), justify="right" if place else "left", overflow="fold")
    return table


def _parts(summary: DataSummary) -> Table:
    table = _table("part", "examples", "labelled", "labels each", "mean", "zeros", "on disk")
    for part in summary.parts:
        values = part.values
        table.add_row(
            part.name,
            f"{part.examples:,}",
            f"{part.labelled:,}",
            f"{part.cardinality:.2f}",
            number(values.centre) if values else "–",
            share(round(values.zeros * 1_000_000), 1_000_000) if values else "–",
            size(part.size),
        )
    return table


def _labels(summary: DataSummary) -> Table:
    rows = label_rows(summary)
    rest = len(rows) - _LABELS
    caption = f"and {rest:,} rarer labels" if rest > 0 else None
    names = [part.name for part in summary.parts]
    table = _table("label", "", *names, caption=caption)
    table.columns[1].justify = "left"
    for row in rows[:_LABELS]:
        counts = [f"{count:,}" for count, _, _ in row.cells]
        bar = "█" * round(row.cells[0][2] * _BAR / 100)
        table.add_row(Text(shorten(row.name, _NAME)), bar, *counts)
    return table


def _pairs(summary: DataSummary) -> Iterator[RenderableType]:
    """Yield the pairs of labels that go together most."""
    if not summary.together.pairs:
        return
    table = _table("together more often than by chance", "examples", "lift")
    for pair in summary.together.pairs[:_PAIRS]:
        names = (shorten(summary.labels[place], _NAME) for place in (pair.first, pair.second))
        table.add_row(Text(" + ".join(names)), f"{pair.together:,}", number(pair.lift, 3))
    yield table


def _columns(summary: DataSummary) -> Table:
    """Return what the first columns of the table are like, over the first part."""
    names = feature_names(summary.facts, summary.shape[0])
    missing = {str(c["name"]): c.get("missing") for c in columns(summary.facts)}
    rest = len(names) - _COLUMNS
    caption = f"and {rest:,} more columns" if rest > 0 else None
    table = _table("column", "missing", "least", "greatest", "mean", "zeros", caption=caption)
    found = summary.parts[0].columns or []
    for name, values in list(zip(names, found, strict=False))[:_COLUMNS]:
        table.add_row(
            Text(shorten(name, _NAME)),
            number(missing.get(name)),
            *map(number, (values.low, values.high, values.centre)),
            share(round(values.zeros * 1_000_000), 1_000_000),
        )
    return table


def _rows(summary: DataSummary) -> Table:
    names = feature_names(summary.facts, summary.shape[0])[:_WIDE]
    rest = summary.shape[0] - len(names)
    caption = f"the first {len(names)} of {summary.shape[0]:,} columns" if rest > 0 else None
    table = _table("example", *(shorten(name, 14) for name in names), caption=caption)
    for part, example in _examples(summary):
        values = summary.original((example.values or [])[: len(names)])
        name = f"{part} {example.row:,}: {label_text(example, summary.labels)}"
        table.add_row(Text(shorten(name, _NAME)), *map(number, values))
    table.columns[0].no_wrap = True
    table.columns[0].overflow = "ellipsis"
    return table


def _documents(summary: DataSummary) -> RenderableType:
    names = feature_names(summary.facts, summary.shape[0])
    lines = []
    for part, example in _examples(summary):
        terms = [shorten(names[place], 30) for place, _ in (example.terms or [])[:_TERMS]]
        lines.append(
            Text.assemble(
                f"{part} {example.row:,}: ",
                (label_text(example, summary.labels), "bold"),
                f" – {listed(terms)}",
            )
        )
    return Group(*lines, Text())


def _examples(summary: DataSummary) -> Iterator[tuple[str, Example]]:
    for part in summary.parts:
        yield from ((part.name, example) for example in part.shown[:_ROWS])


def _pictures(part: PartSummary, labels: list[str], coloured: bool) -> RenderableType:
    """Return the first of a part's examples side by side, two rows of pixels to a line."""
    shown = [example for example in part.shown if example.png][:_BESIDE]
    drawn = [_pixels(example.png or b"") for example in shown]
    lines = [Text(part.name)]
    for row in range(0, _SIDE, 2):
        line = Text()
        for pixels in drawn:
            line.append_text(_line(pixels[row], pixels[row + 1], coloured)).append("  ")
        lines.append(line)
    names = [shorten(label_text(example, labels), _SIDE).ljust(_SIDE) for example in shown]
    return Group(*lines, Text("  ".join(names)), Text())


def _pixels(png: bytes) -> np.ndarray:
    """Return a picture made as large as it is shown, (side, side, 3)."""
    with Image.open(BytesIO(png)) as image:
        return np.asarray(image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX))


def _line(top: np.ndarray, bottom: np.ndarray, coloured: bool) -> Text:
    """Return two rows of pixels, (side, 3) each: colours, or shades where there are none."""
    if not coloured:
        light = (top.mean(-1) + bottom.mean(-1)) / 2
        return Text("".join(_SHADES[int(value * len(_SHADES) / 256)] for value in light))
    line = Text()
    for upper, lower in zip(top.tolist(), bottom.tolist(), strict=True):
        style = Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
        line.append("▀", style)
    return line


def _shared(summary: DataSummary) -> Table:
    table = _table("in both", "exact pairs", "near pairs")
    for shared in summary.shared:
        table.add_row(Text(" and ".join(shared.parts)), f"{shared.exact:,}", f"{shared.near:,}")
    return table


def _skipped(summary: DataSummary) -> Iterator[RenderableType]:
    if not summary.skipped:
        return
    yield Text("left out:")
    for one in summary.skipped[:_SKIPPED]:
        yield Text(f"  {one['part']}: {one['problem']}")
    rest = summary.left_out - min(_SKIPPED, len(summary.skipped))
    if rest > 0:
        yield Text(f"  and {rest:,} more, which the page lists")
