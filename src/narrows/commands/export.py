"""`narrows export`."""

import argparse
from typing import Any

from narrows.commands.base import add_command, add_model, add_out, model_of
from narrows.errors import UserError

_EXPORT = """\
parts:
  whole     input to prediction: probabilities of labels, restored pictures
  encoder   input to code
  decoder   code to prediction
Without one it is the encoder of runs with task=reconstruction or two_views, the whole of others.

The file says of itself what goes in and comes out (metadata_props), and is checked by onnxruntime
on examples of the run's test part before it is kept.

example: narrows export model=runs/1f0c9a7be21d-seed0 part=encoder -o model.onnx"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "export",
        "write a trained run as an ONNX file",
        "Write a trained run, or a part of it, as an ONNX file that other programs can run.",
        _EXPORT,
    )
    add_model(command)
    told = "encoder, decoder or whole"
    command.add_argument("words", nargs="*", metavar="part=PART", help=told)
    add_out(command, "file to write")


def _run(options: argparse.Namespace) -> None:
    model, part = model_of(options), None
    for word in options.words:
        if part is not None or not word.startswith("part="):
            raise UserError(f"{word!r}: write one of part=encoder, part=decoder, part=whole")
        part = word.removeprefix("part=")
    from narrows.exporting.command import Options, export_run

    export_run(Options(model, options.out, part, options.overwrite))
