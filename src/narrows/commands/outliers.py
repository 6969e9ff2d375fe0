"""`narrows outliers`."""

import argparse
from pathlib import Path
from typing import Any

from narrows.commands.base import SOURCES, add_command, add_model, add_out, model_of

_OUTLIERS = """\
options:
  score=reconstruction   mean squared error of what a run with task=reconstruction or denoising
                         gives back (the default)
  score=distance         to the plane through the nearest training examples' codes
  score=density          -ln p of the code, in a mixture of Gaussians fitted to the training part's
  score=combined         error and squared distance, in units of their medians in training
  false_alarms=R         share of normal examples that may be above the threshold (0.05), which is
                         from the validation part alone: that is taken to be normal
  normalize=false        take errors as they are; without it, each value's error is in units of its
                         mean over the training part

example: narrows outliers model=runs/1f0c9a7be21d-seed0 new.csv score=distance -o scores.csv"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "outliers",
        "score how unlike a run's training examples others are",
        "Score examples, and write a page that shows the most outlying ones and what is wrong.",
        f"{SOURCES}\n\n{_OUTLIERS}",
    )
    add_model(command)
    command.add_argument("source", type=Path, metavar="FILE", help="file or folder of examples")
    command.add_argument("words", nargs="*", metavar="OPTION", help="option=value")
    add_out(command, "the table, a .csv; the page is beside it")


def _run(options: argparse.Namespace) -> None:
    from narrows.option_words import read_words
    from narrows.outliers.options import Options

    asked, _ = read_words([f"model={model_of(options)}", *options.words], Options, "outliers")
    from narrows.outliers.command import find_outliers

    find_outliers(options.source, options.out, asked, options.overwrite)
