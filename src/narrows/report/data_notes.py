"""What to know of a data set before training on it, and what its columns are called."""

import re
from typing import Any

from narrows.report.data_tables import DataSummary, PartSummary, Shared
from narrows.report.text import counted, listed, number, share

_THINGS = {"image": "image", "table": "row", "text": "document"}
_SPECIAL = {"columns", "vocabulary", "features", "left_out", "rows_left_out"}


def headline(summary: DataSummary) -> str:
    """Return what the data set is in a few words, e.g. '1,797 images with 10 classes'."""
    what = counted(summary.examples, _THINGS[summary.kind])
    if not summary.labels:
        return f"{what} without labels"
    return f"{what} with {_labels(summary)}"


def _labels(summary: DataSummary) -> str:
    k = len(summary.labels)
    if not summary.single:
        return counted(k, "label")
    return "1 class" if k == 1 else f"{k:,} classes"


def what(summary: DataSummary) -> str:
    """Return what an example is."""
    size = " × ".join(map(number, summary.shape))
    if summary.kind == "image":
        return f"an image of {size} values (channels × height × width)"
    if summary.kind == "table":
        return f"a row of {counted(summary.shape[0], 'value')}"
    return f"a document, as the weights of {counted(summary.shape[0], 'term')}"


def notes(summary: DataSummary) -> list[str]:
    """Return a sentence for each thing that may spoil training or its measures."""
    found = [note for part in summary.parts for note in _part_notes(part, summary)]
    found += [*_likely_label_notes(summary), *_shared_notes(summary)]
    found += _mixed_notes(summary)
    return [*found, *_missing_notes(summary), *_skipped_notes(summary)]


def _part_notes(part: PartSummary, summary: DataSummary) -> list[str]:
    if not part.examples:
        return [f"The {part.name} part is empty."]
    if not summary.labels:
        return []
    found = []
    if part.labelled < part.examples:
        rest = part.examples - part.labelled
        found.append(
            f"{part.name}: {counted(rest, 'example')} of {part.examples:,} "
            f"({share(rest, part.examples)}) {'is' if rest == 1 else 'are'} unlabelled."
        )
    if part.labelled and part.without_positive:
        names = [summary.labels[place] for place in part.without_positive]
        found.append(
            f"{part.name}: {counted(len(names), 'label')} of {len(summary.labels):,} "
            f"{'has' if len(names) == 1 else 'have'} no positive example: {listed(names, 8)}."
        )
    return found


def _likely_label_notes(summary: DataSummary) -> list[str]:
    """Tell of columns that are inputs though their names say that they are labels."""
    if summary.kind != "table" or "labels" not in summary.options:
        return []
    names = [str(c["name"]) for c in columns(summary.facts)]
    likely = [name for name in names if re.match(r"(label|class|target)(?![a-z])", name, re.I)]
    if not likely:
        return []
    option = f"dataset.labels=[{','.join(likely[:3])}{',…' if len(likely) > 3 else ''}]"
    one = len(likely) == 1
    return [
        f"{listed(likely, 8)} {'is an input' if one else 'are inputs'}; to predict "
        f"{'it' if one else 'them'}, add {option}."
    ]


def _shared_notes(summary: DataSummary) -> list[str]:
    found = []
    if not summary.removed:
        found += [_shared_note(shared) for shared in summary.shared]
    if found and "duplicates" in summary.options:
        found.append("dataset.duplicates=remove drops such examples from the earlier part.")
    for part, n in summary.removed.items():
        found.append(f"{part}: {_were(n)} removed, since a later part has the same or nearly so.")
    for part, n in summary.blank.items():
        if n:
            found.append(f"{part}: {counted(n, 'example')} {'is' if n == 1 else 'are'} blank.")
    return found


def _shared_note(shared: Shared) -> str:
    kinds = [f"{n:,} {kind}" for n, kind in ((shared.exact, "exact"), (shared.near, "near")) if n]
    plural = "" if shared.exact + shared.near == 1 else "s"
    (first, second), (ours, theirs) = shared.parts, shared.rows
    return (
        f"{first} and {second} share examples: {' and '.join(kinds)} pair{plural}, with "
        f"{ours:,} of {first} and {theirs:,} of {second}."
    )


def _were(n: int) -> str:
    return f"{counted(n, 'example')} {'was' if n == 1 else 'were'}"


def _mixed_notes(summary: DataSummary) -> list[str]:
    """Tell of columns of numbers that one word has made into categories."""
    return [
        f"{c['name']} has numbers and also the word {c['word']!r}, so each of its "
        f"{len(c['categories']):,} different values is a category. If it is a column of numbers, "
        "mend that cell, or add the word to dataset.missing if it stands for no value."
        for c in columns(summary.facts)
        if c.get("word")
    ]


def _missing_notes(summary: DataSummary) -> list[str]:
    names = [str(c["name"]) for c in columns(summary.facts) if c.get("missing")]
    if not names:
        return []
    verb = "has" if len(names) == 1 else "have"
    return [f"{counted(len(names), 'column')} {verb} missing values: {listed(names, 8)}."]


def _skipped_notes(summary: DataSummary) -> list[str]:
    if not summary.left_out:
        return []
    return [f"{summary.left_out:,} left out of what the source has; the reasons are below."]


def columns(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the facts say of a table's columns, each with its name."""
    found = facts.get("columns", [])
    if isinstance(found, dict):
        found = [{"name": name, **_described(about)} for name, about in found.items()]
    return [c for c in found if isinstance(c, dict) and "name" in c]


def _described(about: Any) -> dict[str, Any]:
    return about if isinstance(about, dict) else {"kind": about}


def feature_names(facts: dict[str, Any], d: int) -> list[str]:
    """Return a name for each of the d packed values of a row or document."""
    for names in (facts.get("features"), facts.get("vocabulary"), _expanded(facts)):
        if isinstance(names, dict):
            names = sorted(names, key=names.__getitem__)
        if isinstance(names, list) and len(names) == d:
            return [str(name) for name in names]
    return [f"value {place + 1}" for place in range(d)]


def _expanded(facts: dict[str, Any]) -> list[str]:
    """Return the columns' names, a column with listed values standing for one each."""
    names = []
    for column in columns(facts):
        values = column.get("values", column.get("categories"))
        if isinstance(values, list):
            names += [f"{column['name']}={value}" for value in values]
        else:
            names.append(column["name"])
    return names


def other_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that have no section of their own and say something."""
    return {k: v for k, v in facts.items() if k not in _SPECIAL and v not in ([], {}, "", None)}
