"""`narrows explore`."""

import argparse
from typing import Any

from narrows.commands.base import add_command, add_model, add_out, model_of


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "explore",
        "a page on which codes of two numbers are explored",
        "Write a page with the map of a run's codes: what is decoded from each place is drawn.",
        "The run is one of images, trained with encoder.code_size=2.\n\n"
        "example: narrows explore model=runs/1f0c9a7be21d-seed0 -o page.html",
    )
    add_model(command)
    add_out(command, "file of the page")


def _run(options: argparse.Namespace) -> None:
    model = model_of(options)
    from narrows.exploring.command import explore

    explore(model, options.out, options.overwrite)
