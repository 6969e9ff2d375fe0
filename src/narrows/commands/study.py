"""`narrows study` and `narrows show`."""

import argparse
from typing import Any

from narrows.commands.base import add_command


def add(commands: Any) -> None:
    """Add both to the commands."""
    told = "run a study through DVC, then print its table and where its report is"
    study = add_command(commands, _study, "study", told)
    study.add_argument("study", help="a file in conf/study, e.g. digits or mulan")
    study.add_argument(
        "words", nargs="*", metavar="launcher.OPTION=VALUE",
        help="who trains the runs: launcher=local, slurm or ray; options as in conf/launcher",
    )  # fmt: skip
    show = add_command(commands, _show, "show", "print the table of a finished study")
    show.add_argument("study", help="its name, e.g. digits")


def _study(options: argparse.Namespace) -> None:
    from narrows.study.command import run_study

    run_study(options.study, options.words)


def _show(options: argparse.Namespace) -> None:
    from narrows.study.command import show_studies

    show_studies(options.study)
