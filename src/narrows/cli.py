"""The command `narrows`."""

import argparse
import sys

from narrows.commands import (
    compress,
    data,
    decompress,
    encode,
    explore,
    export,
    generate,
    interpret,
    new_label,
    outliers,
    predict,
    restore,
    study,
    sweep,
    train,
)
from narrows.commands import (
    map as maps,
)
from narrows.errors import USER_MISTAKE, exit_code

# In the order of the help.
_COMMANDS = (
    train, sweep, data, study, predict, new_label, restore, explore, maps, interpret, generate,
    outliers, encode, compress, decompress, export,
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a user's mistake gives one line and exit code 2."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given:
        _parser().print_help(sys.stderr)
        return USER_MISTAKE
    options = _parse(given)
    return exit_code(lambda: options.command(options), options.traceback)


def _parse(arguments: list[str]) -> argparse.Namespace:
    """Parse, with words such as bits=4 also behind an option, where argparse expects none."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and (not hasattr(options, "words") or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        options.words += rest
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="narrows",
        description="Does pretraining help, which one, how many labels does it save?",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return parser
