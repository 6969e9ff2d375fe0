"""`narrows compress`."""

import argparse
from typing import Any

from narrows.commands.base import SOURCES_OR_PARTS, add_command, add_model, add_out, model_of

_COMPRESSED = """\
bits=B  of the widest value of a code, 2 to 8 (8), before an entropy coder makes them fewer; or pq,
        a byte for each four values (product quantization)

--curve writes a page of bytes for each example against squared error, beside principal components
at the same bytes and, for images, JPEG and WebP; into the run's folder unless -o names another

example: narrows compress model=runs/1f0c9a7be21d-seed0 photos/ -o codes.narrows bits=4"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "compress",
        "write codes of examples into one small file",
        "Write codes of examples into one small file, of which the same run makes examples again.",
        f"{SOURCES_OR_PARTS}\n\n{_COMPRESSED}",
    )
    add_model(command)
    command.add_argument("words", nargs="*", metavar="FILE [bits=8]", help="file or folder; bits")
    add_out(command, "file of the codes; with --curve a folder", required=False)
    command.add_argument(
        "--curve", action="store_true", help="measure bytes and error on the test part instead"
    )


def _run(options: argparse.Namespace) -> None:
    model = model_of(options)
    from narrows.compressing.words import read_words

    asked = read_words(model, options.words, options.out, options.overwrite, options.curve)
    if asked is None:
        from narrows.compressing.report import write_curve

        write_curve(model, options.out)
    else:
        from narrows.compressing.command import compress_file

        compress_file(asked)
