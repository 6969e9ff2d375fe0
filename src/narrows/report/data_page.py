"""The page that shows a data set: one file that needs no other."""

from typing import Any, NamedTuple

import numpy as np

from narrows.report import data_plots
from narrows.report.data_notes import columns, feature_names, headline, notes, other_facts, what
from narrows.report.data_samples import Example
from narrows.report.data_tables import DataSummary
from narrows.report.data_values import Values
from narrows.report.templates import drawing, png_uri, render
from narrows.report.text import flat, listed, number, share, shorten, size

_COMMON, _LABELS_LISTED, _COLUMNS_LISTED, _COLUMNS_OF_ROWS, _SKIPPED = 20, 1000, 300, 24, 100
_NAME, _BRIEF, _CAPTION_LABELS = 60, 4, 4


class LabelRow(NamedTuple):
    """A label's frequencies.

    Attributes:
        name: of the label.
        cells: for each part its count, its share of the labelled examples as text, and the length
            of its bar in per cent of the longest.
    """

    name: str
    cells: list[tuple[int, str, float]]


class ColumnRow(NamedTuple):
    """A column of a table: what the facts and the packed values say of it."""

    name: str
    facts: dict[str, Any]
    values: Values | None


class MapRow(NamedTuple):
    """A row of the co-occurrence map.

    Attributes:
        name: of the label.
        heading: of its column: the name if all names are brief, else a number.
        brief: whether they are.
        cells: for each label how many examples have both, and that as a share of this label's, in
            per cent of the greatest such share.
    """

    name: str
    heading: str
    brief: bool
    cells: list[tuple[int, float]]


class Rows(NamedTuple):
    """Sample rows of a table: the columns shown, how many are not, and how values are written."""

    names: list[str]
    left_out: int


def render_data_page(summary: DataSummary) -> str:
    """Return the page as HTML."""
    return render(
        "data.html.j2",
        _filters(summary),
        data=summary,
        headline=headline(summary),
        what=what(summary),
        notes=notes(summary),
        label_rows=label_rows(summary),
        common=_COMMON,
        listed_labels=_LABELS_LISTED,
        map_rows=map_rows(summary),
        plots=_plots(summary),
        column_rows=column_rows(summary)[:_COLUMNS_LISTED],
        column_facts=_column_facts(summary),
        columns_left_out=max(0, len(column_rows(summary)) - _COLUMNS_LISTED),
        sample=_sample(summary),
        facts=other_facts(summary.facts),
        small=summary.kind == "image" and max(summary.shape) < 96,
        skipped=summary.skipped[:_SKIPPED],
    )


def _filters(summary: DataSummary) -> dict[str, Any]:
    names = feature_names(summary.facts, summary.shape[0]) if summary.kind == "text" else []
    return {
        "flat": flat,
        "number": number,
        "size": size,
        "short": lambda text, longest=_NAME: shorten(str(text), longest),
        "uri": png_uri,
        "labels": lambda example: label_text(example, summary.labels),
        "percent": lambda fraction: share(round(fraction * 1_000_000), 1_000_000),
        "term": lambda place: names[place],
        "original": summary.original,
    }


def label_text(example: Example, labels: list[str]) -> str:
    """Return an example's labels, or that they are not known."""
    if example.labels is None:
        return "unlabelled"
    if not example.labels:
        return "no label" if labels else ""
    return listed([shorten(labels[place], _NAME) for place in example.labels], _CAPTION_LABELS)


def label_rows(summary: DataSummary) -> list[LabelRow]:
    """Return the frequencies of labels: in their order if they are few, else commonest first."""
    places = range(len(summary.labels))
    if len(places) > _COMMON:
        totals = [part.positives for part in summary.parts]
        places = sorted(places, key=lambda place: [-positives[place] for positives in totals])
    shares = [[count / max(1, part.labelled) for count in part.positives] for part in summary.parts]
    longest = max((max(row, default=0) for row in shares), default=0) or 1
    return [
        LabelRow(
            summary.labels[place],
            [
                (
                    part.positives[place],
                    share(part.positives[place], part.labelled),
                    round(100 * row[place] / longest, 2),
                )
                for part, row in zip(summary.parts, shares, strict=True)
            ],
        )
        for place in places
    ]


def map_rows(summary: DataSummary) -> list[MapRow]:
    """Return the co-occurrence map; none where no example has two labels."""
    if not summary.together.counts:
        return []
    places = np.array(summary.together.labels)
    # Few labels stand in their own order, as in the table of frequencies.
    order = np.argsort(places) if len(summary.labels) <= _COMMON else np.arange(len(places))
    counts = np.array(summary.together.counts)[order][:, order]
    alone = np.diag(counts)
    shares = counts / np.maximum(alone, 1)[:, None]
    np.fill_diagonal(shares, 0)
    if not shares.any():
        return []
    names = [summary.labels[place] for place in places[order]]
    brief = max(map(len, names)) <= _BRIEF
    strength = np.round(100 * shares / shares.max(), 1).tolist()
    return [
        MapRow(name, name if brief else str(i + 1), brief, list(zip(row, shade, strict=True)))
        for i, (name, row, shade) in enumerate(zip(names, counts.tolist(), strength, strict=True))
    ]


def column_rows(summary: DataSummary) -> list[ColumnRow]:
    """Return what is known of a table's columns, as they are packed if that has their names."""
    about = columns(summary.facts)
    values = summary.parts[0].columns or []
    names = feature_names(summary.facts, len(values))
    known = {str(column["name"]): column for column in about}
    if about and not set(known) >= set(names):
        # A column that was packed as several values, or as none, has no values of its own.
        where = dict(zip(names, values, strict=True))
        return [ColumnRow(name, column, where.get(name)) for name, column in known.items()]
    return [
        ColumnRow(name, known.get(name, {}), found)
        for name, found in zip(names, values, strict=True)
    ]


def _column_facts(summary: DataSummary) -> list[str]:
    """Return the keys that the facts have for columns."""
    keys = dict.fromkeys(key for column in columns(summary.facts) for key in column)
    return [key for key in keys if key != "name"]


def _sample(summary: DataSummary) -> Rows:
    """Return which columns the sample rows show."""
    if summary.kind != "table":
        return Rows([], 0)
    names = feature_names(summary.facts, summary.shape[0])
    return Rows(names[:_COLUMNS_OF_ROWS], max(0, len(names) - _COLUMNS_OF_ROWS))


def _plots(summary: DataSummary) -> dict[str, Any]:
    """Return the drawings that this data set has something for."""
    labelled = any(part.labelled for part in summary.parts) and bool(summary.labels)
    first = summary.parts[0].histogram
    return {
        "histogram": drawing(data_plots.histogram_svg(first)) if first else "",
        "cardinality": drawing(data_plots.cardinality_svg(summary))
        if labelled and len(summary.labels) > 1 and not summary.single
        else "",
        "ranks": drawing(data_plots.ranks_svg(summary))
        if labelled and len(summary.labels) > _COMMON
        else "",
    }
