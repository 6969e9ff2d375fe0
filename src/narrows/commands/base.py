"""What commands share: how one is added, and how it names its run and its files."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from narrows.errors import UserError

# What files of examples may be; a command says whose data they are read like.
SOURCES = """\
examples are read as the run's own data were: images (a folder, .zip, a file, a .txt list), a table,
documents, an .npy or .npz array; or, for any data, a .rows or .txt file of row numbers of the
training part, from 0"""
SOURCES_OR_PARTS = f"{SOURCES}; or train, val or test,\nfor a part of the run's own data"


def add_command(
    commands: Any,
    run: Callable[[argparse.Namespace], None],
    name: str,
    told: str,
    description: str | None = None,
    epilog: str | None = None,
) -> argparse.ArgumentParser:
    """Add a command, with the option that all of them have."""
    command = commands.add_parser(
        name,
        help=told,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=description,
        epilog=epilog,
    )
    command.set_defaults(command=run)
    command.add_argument(
        "--traceback", action="store_true", help="show where in the code a mistake was found"
    )
    return command


def add_model(command: argparse.ArgumentParser) -> None:
    """Add the run that a command is about."""
    command.add_argument("model", metavar="model=RUN", help="a trained run, by folder or name")


def add_options(command: argparse.ArgumentParser, example: str) -> None:
    """Add what explains the options of choices, and does nothing else."""
    command.add_argument(
        "--options", action="store_true", help=f"say what a choice's options are: {example}"
    )


def print_options(words: list[str]) -> None:
    """Print what the options of the choices among the words are."""
    from narrows.option_help import explain

    print(explain(words))  # noqa: T201


def add_out(command: argparse.ArgumentParser, told: str, required: bool = True) -> None:
    """Add where results go, and whether they may replace what is there."""
    command.add_argument("-o", "--out", type=Path, required=required, help=told)
    command.add_argument("--overwrite", action="store_true", help="replace what is there")


def model_of(options: argparse.Namespace) -> str:
    """Return the run that model=RUN names.

    Raises:
        UserError: if the first word names none.
    """
    word: str = options.model
    if not word.startswith("model="):
        raise UserError(f"{word!r}: name the run first, as model=RUN")
    return word.removeprefix("model=")


def positive(text: str) -> int:
    """Read a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)
