"""`narrows predict`."""

import argparse
from pathlib import Path
from typing import Any

from narrows.commands.base import SOURCES, add_command, add_model, add_out, model_of

_PREDICT = """\
columns of the results:
  file, row or document   the example's file, or its number, from 0 (headings do not count)
  labels                  those it has, with the run's dataset.label_separator, or ;, between them
  LABEL                   for each label its probability, calibrated on the run's validation part

An example has a label if the probability, before it is calibrated, is above the threshold that has
the label's largest F1 on the validation part, as in measures that end in _tuned_per_label. If a
label is called as one of the first two columns, that column gets a _ behind its name.

example: narrows predict model=runs/1f0c9a7be21d-seed0 new.csv -o labels.csv"""


def add(commands: Any) -> None:
    """Add it to the commands."""
    command = add_command(
        commands,
        _run,
        "predict",
        "say the labels of new examples with a trained run",
        "Say which labels new examples have, with a run of task=multi_label.",
        f"{SOURCES}\n\n{_PREDICT}",
    )
    add_model(command)
    command.add_argument("source", type=Path, metavar="FILE", help="file or folder of examples")
    add_out(command, ".csv or .parquet file; without it the first are printed", required=False)
    command.add_argument("--raw", action="store_true", help="probabilities that are not calibrated")


def _run(options: argparse.Namespace) -> None:
    model = model_of(options)
    from narrows.predicting.command import Options, predict_file

    predict_file(Options(model, options.source, options.out, options.overwrite, options.raw))
