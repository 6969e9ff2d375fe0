"""`narrows interpret`."""

import argparse
from typing import Any

from narrows.commands.base import SOURCES_OR_PARTS, add_command, add_model, add_out, model_of

_INTERPRET = """\
options:
  units=N              code units that are shown one by one, at most (12)
  outputs=NAME,NAME    labels, or code units such as code_3, that are attributed to the input
  baseline=mean|zeros  the input that attributions start from: the training examples' mean (the
                       default, but for documents), or zeros
  start=mean|ROW       the code of which one unit at a time is changed: the mean (the default), or
                       that of a row of the training part, from 0
  dead=R               a unit is dead if its standard deviation is below this share of the largest
                       one in its layer (0.01)
  examples=N           of the training part and of FILE, at most: drawn at random where there are
                       more (10000)
  seed=N               of what is drawn at random (0)

example: narrows interpret model=runs/1f0c9a7be21d-seed0 -o page.html"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "interpret",
        "a page on what a trained run's code units, filters and outputs mean",
        "Write a page: the codes' effective dimension, what each code unit draws and responds to,\n"
        "filters of the first layer, and attributions of outputs to the input.",
        f"{SOURCES_OR_PARTS}\n(the default is test)\n\n{_INTERPRET}",
    )
    add_model(command)
    command.add_argument("words", nargs="*", metavar="[FILE] [OPTION]", help="examples; options")
    add_out(command, "the page, a .html; its numbers are beside it as .json")


def _run(options: argparse.Namespace) -> None:
    from narrows.interpreting.options import read_options

    asked, source = read_options(model_of(options), options.words)
    from narrows.interpreting.command import interpret

    interpret(source, options.out, asked, options.overwrite)
