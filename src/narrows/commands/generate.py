"""`narrows generate`."""

import argparse
from typing import Any

from narrows.commands.base import add_command, add_model, add_out, model_of

_GENERATED = """\
options:
  way=interpolate   between a training code and one of its nearest
  way=noise         a training code and noise as long as the way to its neighbours
  way=mixture       from a mixture of Gaussians, fitted to the training codes
  way=gaussian      from one Gaussian with the mean and covariance of these
  way=normal        from N(0, I), whatever they are
                    without way=, all of them
  number=N          of new examples in each way (1000)
  neighbours=K      of a training code that interpolation and noise look at (5)
  features=RUN      another run, such as a contrastive one, by whose codes examples are compared;
                    without it, by their principal components
  seed=S            of what is drawn (0)

The folder gets the examples of each way (.png, .csv in a table's own units, .jsonl of a document's
terms), samples.csv with the training example that each is nearest to, measures.csv and .json, and
generated.html.

example: narrows generate model=runs/1f0c9a7be21d-seed0 -o new/"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "generate",
        "make new examples, and see which way to draw codes is good",
        "Make new examples with the decoder of a run with task=reconstruction or denoising.",
        _GENERATED,
    )
    add_model(command)
    command.add_argument("words", nargs="*", metavar="OPTION", help="option=value")
    add_out(command, "folder of the results")


def _run(options: argparse.Namespace) -> None:
    from narrows.generating.options import Options
    from narrows.option_words import read_words

    asked, _ = read_words([f"model={model_of(options)}", *options.words], Options, "generate")
    from narrows.generating.command import generate

    generate(asked, options.out, options.overwrite)
