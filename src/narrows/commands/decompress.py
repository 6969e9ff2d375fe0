"""`narrows decompress`."""

import argparse
from typing import Any

from narrows.commands.base import add_command, add_model, add_out, model_of


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "decompress",
        "make examples of a file of codes",
        "Make examples of a file of codes, with the run that wrote it.",
        "numbers of a table are as the run's data were prepared: standardized, if they were\n\n"
        "example: narrows decompress model=runs/1f0c9a7be21d-seed0 codes.narrows -o out/",
    )
    add_model(command)
    command.add_argument("source", metavar="FILE", help="a file of codes")
    add_out(command, "folder of PNG pictures, or .npy or .csv file")


def _run(options: argparse.Namespace) -> None:
    model = model_of(options)
    from narrows.compressing.command import decompress_file
    from narrows.compressing.words import Options

    decompress_file(Options(model, options.source, options.out, overwrite=options.overwrite))
