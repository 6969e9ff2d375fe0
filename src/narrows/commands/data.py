"""`narrows data`."""

import argparse
from typing import Any

from narrows.commands.base import add_command, add_options, print_options
from narrows.config import compose_config, groups


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "data",
        "prepare a data set and show what is in it",
        "Prepare a data set in data/, show what is in it, and write it as a page.",
        f"data sets: {' '.join(groups()['dataset'])}\n\nexample: narrows data dataset=digits",
    )
    command.add_argument("overrides", nargs="*", metavar="OVERRIDE", help="dataset.option=value")
    add_options(command, "narrows data --options dataset=table")


def _run(options: argparse.Namespace) -> None:
    if options.options:
        print_options(options.overrides)
        return
    from narrows.data_command import check_overrides, show_data

    check_overrides(options.overrides)
    show_data(compose_config(options.overrides))
