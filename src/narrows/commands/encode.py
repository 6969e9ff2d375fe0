"""`narrows encode`."""

import argparse
from typing import Any

from narrows.commands.base import SOURCES_OR_PARTS, add_command, add_model, add_out, model_of

_ENCODED = """\
a .parquet file has a column code_0, code_1, … for each value, and of a part one for each label; an
.npz file has the arrays x, y and label_names, as dataset=arrays reads them

example: narrows encode model=runs/1f0c9a7be21d-seed0 test -o codes.parquet"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "encode",
        "write codes of examples for other programs",
        "Write what a trained run's encoder makes of examples, for any pipeline.",
        f"{SOURCES_OR_PARTS}\n\n{_ENCODED}",
    )
    add_model(command)
    command.add_argument("source", metavar="FILE", help="examples")
    add_out(command, ".parquet or .npz file")


def _run(options: argparse.Namespace) -> None:
    model = model_of(options)
    from narrows.encoding.command import Options, encode_file

    encode_file(Options(model, options.source, options.out, options.overwrite))
