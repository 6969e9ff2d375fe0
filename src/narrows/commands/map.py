"""`narrows map`."""

import argparse
from typing import Any

from narrows.commands.base import SOURCES_OR_PARTS, add_command, add_model, add_out, model_of
from narrows.errors import UserError

_MAPS = """\
a code of two numbers is a map itself; of larger codes maps are made by t-SNE and UMAP, from
examples of the training part, and others are placed on them. Principal components of the training
part are beside. The folder gets map.html, map.png, points.csv, measures.csv and measures.json

options:
  points=N          examples of each part, at most (4000)
  tsne=false        no t-SNE;    perplexity=P    about how many neighbours it looks at (30)
  umap=false        no UMAP;     neighbours=N    how many it looks at (15)
  near=cosine       retrieve by the angle between codes of more than two numbers, not by their
                    distance (euclidean)
  seed=S            of the examples that are drawn, of t-SNE and UMAP (0)

example: narrows map model=runs/1f0c9a7be21d-seed0 test -o maps/"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "map",
        "draw examples as points, where a run's codes have them",
        "Draw maps of a run's codes, with examples that they were not made from, and measure them.",
        f"{SOURCES_OR_PARTS} (test, unless another is named)\n\n{_MAPS}",
    )
    add_model(command)
    command.add_argument("words", nargs="*", metavar="FILE OPTION", help="examples; option=value")
    add_out(command, "folder of the results")


def _run(options: argparse.Namespace) -> None:
    from narrows.mapping.options import Job, Options
    from narrows.option_words import read_words

    words = [f"model={model_of(options)}", *(word for word in options.words if "=" in word)]
    asked, given = read_words(words, Options, "map")
    job = Job(asked, given, _source(options.words), options.out, options.overwrite)
    from narrows.mapping.command import draw_maps

    draw_maps(job)


def _source(words: list[str]) -> str:
    sources = [word for word in words if "=" not in word]
    if len(sources) > 1:
        raise UserError(f"{sources[1]!r}: one file, folder or part is mapped at a time; name one")
    return sources[0] if sources else "test"
