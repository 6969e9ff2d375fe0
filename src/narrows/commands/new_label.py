"""`narrows new-label`."""

import argparse
from typing import Any

from narrows.commands.base import add_command

_NEW_LABEL = """\
options:
  model=RUN        trained with task=multi_label decoder=linear loss=logistic: folder or name
  label=NAME       of the new label
  positives=FILE   examples that have it, read as the model's own data were: images (a folder, .zip,
                   a file, a .txt list), a table, documents, an .npy or .npz array; or, for any
                   data, a .rows or .txt file of row numbers of the training part, from 0
  negatives=FILE   examples that have it not; else training examples stand for them
  background=N     how many of these at most (1000)
  penalty=P        ridge penalty on the new weights (1.0)
  update=true      then train all weights; without it outputs for old labels keep their bits
  replay=R         share of old examples in each batch of the update (0.5)
  epochs=N lr=R    of the update (5, and a tenth of the run's rate)

example: narrows new-label model=runs/1f0c9a7be21d-seed0 label=dog positives=dogs.zip"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "new-label",
        "add a label to a trained run from a few examples",
        "Add a label to a trained run. The result is a run of its own; the old one stays.",
        _NEW_LABEL,
    )
    command.add_argument("options", nargs="*", metavar="OPTION", help="option=value")


def _run(options: argparse.Namespace) -> None:
    from narrows.new_label.options import read_options

    asked = read_options(options.options)
    from narrows.new_label.command import add_label

    add_label(asked)
