"""`narrows train`."""

import argparse
from typing import Any

from narrows.commands.base import add_command, add_options, print_options
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
        "words", nargs="*", metavar="OVERRIDE", help="group=choice or option=value"
    )
    add_options(command, "narrows train --options encoder=conv")
    command.add_argument(
        "-m", "--multirun", action="store_true", help="a run for each of several values, see below"
    )


def _menu() -> str:
    """Return the groups and their choices, and the options that belong to no group."""
    lines = [f"  {group:<11} {' '.join(choices)}" for group, choices in groups().items()]
    return "\n".join(
        [
            "groups and choices:",
            *lines,
            "",
            "options: seed epochs steps_per_epoch batch_size labels pretrained threads",
            "gradient_clip_val, and those of the choices, e.g. encoder.code_size=30",
            "optimizer.lr=0.003; what they mean: narrows train --options encoder=conv loss=nt_xent",
            "",
            "example: narrows train experiment=denoise_digits encoder=conv loss=logistic seed=3",
            "",
            "With -m values may be several, as in Hydra: a,b or range(1,9) or glob(*). Each",
            "combination is a run; launcher.workers=N says how many are trained at once:",
            "         narrows train -m encoder=mlp,conv seed=0,1,2 launcher.workers=2",
        ]
    )


def _run(options: argparse.Namespace) -> None:
    if options.options:
        print_options(options.words)
        return
    if options.multirun:
        from narrows.multirun import train_all

        train_all(options.words)
        return
    config = compose_config(options.words)
    # torch and Lightning take seconds to import: mistakes in names are told before that.
    from narrows.single import train_single

    train_single(config, options.words)
