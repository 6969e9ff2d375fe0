"""`narrows sweep`."""

import argparse
from typing import Any

from narrows.commands.base import add_command, positive
from narrows.config import choices
from narrows.errors import UserError

_WORDS = """\
words:
  sweep=NAME             a file in conf/sweep: {}
  sweep.OPTION=VALUE     of the sweep, e.g. sweep.trials=40 'sweep.seeds=[0,1,2]'
                         'sweep.objectives={{val/sse:minimize,weights:minimize}}'
  option=VALUES          one more to search: encoder=mlp,conv
                         'optimizer.lr=tag(log,interval(1e-4,1e-2))'
                         'encoder.code_size=range(8,65,8)'
  option=VALUE           for all trials, whether or not the sweep would search it: epochs=5
  launcher.workers=N     runs at once; launcher=NAME for others than local

The same command goes on where it was cut off; with more trials it adds them. Results do not depend
on the number of workers.

examples: narrows sweep sweep=digits launcher.workers=2
          narrows sweep sweep=digits --save-best digits_best"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "sweep",
        "search for the best options, each trial an ordinary run",
        "Search a space of options by Optuna, and write a page on it into reports/sweeps/.",
        _WORDS.format(" ".join(_names())),
    )
    command.add_argument("words", nargs="*", metavar="WORD", help="sweep=NAME, and others below")
    command.add_argument(
        "--save-best", metavar="NAME", help="do not search: write conf/experiment/NAME.yaml"
    )
    command.add_argument(
        "--trial", type=_whole, metavar="N", help="the trial to save, if not the best"
    )
    command.add_argument("--overwrite", action="store_true", help="replace what is there")


def _names() -> list[str]:
    try:
        return choices("sweep")
    except UserError:
        return []


def _whole(text: str) -> int:
    return 0 if text == "0" else positive(text)


def _run(options: argparse.Namespace) -> None:
    from narrows.sweeping.command import Options, sweep

    sweep(Options(options.words, options.save_best, options.trial, options.overwrite))
