"""Results in files that other programs read: places of all points, and measures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from narrows.files import write_csv, write_json
from narrows.mapping.maps import Codes
from narrows.mapping.measures import NEIGHBOURS, Measured
from narrows.mapping.options import Options
from narrows.mapping.points import Points


def write_points(path: Path, maps: list[Codes], old: Points, new: Points) -> None:
    """Write a line for each point: its source, its name there, two numbers for each map."""
    headings = [f"{one.name} {axis}" for one in maps for axis in (1, 2)]
    write_csv(path, [["source", "name", *headings], *_lines(maps, old, new)])


def _lines(maps: list[Codes], old: Points, new: Points) -> Iterator[list[Any]]:
    for points, places in ((old, [one.old for one in maps]), (new, [one.new for one in maps])):
        for row, name in enumerate(points.names):
            values = [f"{value:.7g}" for one in places for value in one[row]]
            yield [points.source, name, *values]


def write_measures(
    folder: Path, measured: list[Measured], old: Points, new: Points, options: Options
) -> None:
    """Write measures as measures.csv and, with what they are of, as measures.json."""
    rows = [row.flat() for row in measured]
    lines = [["" if value is None else value for value in row.values()] for row in rows]
    write_csv(folder / "measures.csv", [list(rows[0]), *lines])
    told = {
        "model": options.model,
        "training_examples": len(old.z),
        "source": new.source,
        "new_examples": len(new.z),
        "neighbours": NEIGHBOURS,
        "retrieval": f"among the {new.source} examples, by {options.near} distance; "
        "on maps by euclidean distance",
        "seed": options.seed,
    }
    write_json(folder / "measures.json", {**told, "rows": rows})
