"""`narrows train`."""

import argparse
from typing import Any

from narrows.commands.base import add_command
from narrows.config import compose_config, groups


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "train",
        "train and measure one run",
        "Train one run into runs/, measure it on the test part and show what it does.",
        _menu(),
    )
    command.add_argument(
        "overrides", nargs="*", metavar="OVERRIDE", help="group=choice or option=value"
    )


def _menu() -> str:
    """Return the groups and their choices, and the options that belong to no group."""
    lines = [f"  {group:<11} {' '.join(choices)}" for group, choices in groups().items()]
    return "\n".join(
        [
            "groups and choices:",
            *lines,
            "",
            "options: seed epochs steps_per_epoch batch_size labels pretrained threads, and those",
            "in conf/GROUP/CHOICE.yaml, e.g. encoder.code_size=30 optimizer.lr=0.003",
            "",
            "example: narrows train experiment=denoise_digits encoder=conv loss=logistic seed=3",
        ]
    )


def _run(options: argparse.Namespace) -> None:
    config = compose_config(options.overrides)
    # torch and Lightning take seconds to import: mistakes in names are told before that.
    from narrows.single import train_single

    train_single(config, options.overrides)
