"""`narrows restore`."""

import argparse
from pathlib import Path
from typing import Any

from narrows.commands.base import add_command, add_model, add_out, model_of, positive
from narrows.errors import UserError


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "restore",
        "restore your own pictures with a trained run",
        "Restore pictures of any size, and write a page that shows them before and after.",
        "example: narrows restore model=runs/1f0c9a7be21d-seed0 photo.jpg album/ -o restored/",
    )
    add_model(command)
    command.add_argument("sources", nargs="*", type=Path, metavar="FILE", help="file or folder")
    add_out(command, "folder of the results")
    command.add_argument(
        "--memory", type=positive, default=1024, metavar="MB", help="for tiles, at most (1024)"
    )
    command.add_argument(
        "--workers", type=positive, metavar="N", help="pictures at once (one for each core)"
    )


def _run(options: argparse.Namespace) -> None:
    model = model_of(options)
    if not options.sources:
        raise UserError("no picture is named; write files or folders behind model=RUN")
    from narrows.restoring.command import Options, restore_files

    rest = (options.overwrite, options.memory, options.workers)
    restore_files(Options(model, options.sources, options.out, *rest))
