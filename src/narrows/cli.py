"""The command `narrows`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from narrows.config import compose_config, groups
from narrows.errors import UserError, exit_code


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a user's mistake gives one line and exit code 2."""
    options = _parser().parse_args(arguments)
    return exit_code(lambda: options.command(options), options.traceback)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="narrows",
        description="Does pretraining help, which one, how many labels does it save?",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = _add(
        commands,
        _train,
        "train",
        "train and measure one run",
        "Train one run into runs/, measure it on the test part and show what it does.",
        _menu(),
    )
    data = _add(
        commands,
        _data,
        "data",
        "prepare a data set and show what is in it",
        "Prepare a data set in data/, show what is in it, and write it as a page.",
        _datasets(),
    )
    for command, words in ((train, "group=choice or option=value"), (data, "dataset.option=value")):
        command.add_argument("overrides", nargs="*", metavar="OVERRIDE", help=words)
    _add_new_label(commands)
    _add_predict(commands)
    _add_restore(commands)
    _add_export(commands)
    _add_outliers(commands)
    told = "run a study through DVC, then print its table and where its report is"
    study = _add(commands, _study, "study", told)
    study.add_argument("study", help="a file in conf/study, e.g. digits or mulan")
    show = _add(commands, _show, "show", "print the table of a finished study")
    show.add_argument("study", help="its name, e.g. digits")
    return parser


def _add(
    commands: Any,
    run: Callable[[argparse.Namespace], None],
    name: str,
    told: str,
    description: str | None = None,
    epilog: str | None = None,
) -> argparse.ArgumentParser:
    """Add a command, with the option that all of them have."""
    command = commands.add_parser(
        name,
        help=told,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=description,
        epilog=epilog,
    )
    command.set_defaults(command=run)
    command.add_argument(
        "--traceback", action="store_true", help="show where in the code a mistake was found"
    )
    return command


def _add_new_label(commands: Any) -> None:
    command = _add(
        commands,
        _new_label,
        "new-label",
        "add a label to a trained run from a few examples",
        "Add a label to a trained run. The result is a run of its own; the old one stays.",
        _NEW_LABEL,
    )
    command.add_argument("options", nargs="*", metavar="OPTION", help="option=value")


_PREDICT = """\
examples are read as the run's own data were: images (a folder, .zip, a file, a .txt list), a table,
documents, an .npy or .npz array; or, for any data, a .rows or .txt file of row numbers of the
training part, from 0

columns of the results:
  file, row or document   the example's file, or its number, from 0 (headings do not count)
  labels                  those it has, with the run's dataset.label_separator, or ;, between them
  LABEL                   for each label its probability, calibrated on the run's validation part

An example has a label if the probability, before it is calibrated, is above the threshold that has
the label's largest F1 on the validation part, as in measures that end in _tuned_per_label. If a
label is called as one of the first two columns, that column gets a _ behind its name.

example: narrows predict model=runs/1f0c9a7be21d-seed0 new.csv -o labels.csv"""


def _add_predict(commands: Any) -> None:
    command = _add(
        commands,
        _predict,
        "predict",
        "say the labels of new examples with a trained run",
        "Say which labels new examples have, with a run of task=multi_label.",
        _PREDICT,
    )
    command.add_argument("model", metavar="model=RUN", help="a trained run, by folder or name")
    command.add_argument("source", type=Path, metavar="FILE", help="file or folder of examples")
    command.add_argument(
        "-o", "--out", type=Path, help=".csv or .parquet file; without it the first are printed"
    )
    command.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    command.add_argument("--raw", action="store_true", help="probabilities that are not calibrated")


def _add_restore(commands: Any) -> None:
    command = _add(
        commands,
        _restore,
        "restore",
        "restore your own pictures with a trained run",
        "Restore pictures of any size, and write a page that shows them before and after.",
        "example: narrows restore model=runs/1f0c9a7be21d-seed0 photo.jpg album/ -o restored/",
    )
    command.add_argument("model", metavar="model=RUN", help="a trained run, by folder or name")
    command.add_argument("sources", nargs="*", type=Path, metavar="FILE", help="file or folder")
    command.add_argument("-o", "--out", type=Path, required=True, help="folder of the results")
    command.add_argument(
        "--overwrite",
        action="store_true",
        help="replace results that are there",
    )
    command.add_argument(
        "--memory", type=_positive, default=1024, metavar="MB", help="for tiles, at most (1024)"
    )
    command.add_argument(
        "--workers", type=_positive, metavar="N", help="pictures at once (one for each core)"
    )


_EXPORT = """\
parts:
  whole     input to prediction: probabilities of labels, restored pictures
  encoder   input to code
  decoder   code to prediction
Without one it is the encoder of runs with task=reconstruction or two_views, the whole of others.

The file says of itself what goes in and comes out (metadata_props), and is checked by onnxruntime
on examples of the run's test part before it is kept.

example: narrows export model=runs/1f0c9a7be21d-seed0 part=encoder -o model.onnx"""


def _add_export(commands: Any) -> None:
    command = _add(
        commands,
        _export,
        "export",
        "write a trained run as an ONNX file",
        "Write a trained run, or a part of it, as an ONNX file that other programs can run.",
        _EXPORT,
    )
    command.add_argument("model", metavar="model=RUN", help="a trained run, by folder or name")
    command.add_argument("part", nargs="?", metavar="part=PART", help="encoder, decoder or whole")
    command.add_argument("-o", "--out", type=Path, required=True, help="file to write")
    command.add_argument(
        "--overwrite", action="store_true", help="replace that file if it is there"
    )


def _add_outliers(commands: Any) -> None:
    command = _add(
        commands,
        _outliers,
        "outliers",
        "score how unlike a run's training examples others are",
        "Score examples, and write a page that shows the most outlying ones and what is wrong.",
        _OUTLIERS,
    )
    command.add_argument("model", metavar="model=RUN", help="a trained run, by folder or name")
    command.add_argument("file", type=Path, metavar="FILE", help="examples, see below")
    command.add_argument("options", nargs="*", metavar="OPTION", help="option=value")
    command.add_argument(
        "-o", "--out", type=Path, required=True, help="the table, a .csv; the page is beside it"
    )


_OUTLIERS = """\
FILE has examples that are read as the model's own data were: images (a folder, .zip, a file, a .txt
list), a table, documents, an .npy or .npz array; or, for any data, a .rows or .txt file of row
numbers of the training part, from 0

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


def _outliers(options: argparse.Namespace) -> None:
    from narrows.option_words import read_words
    from narrows.outliers.options import Options

    asked, _ = read_words([options.model, *options.options], Options, "outliers")
    from narrows.outliers.command import find_outliers

    find_outliers(options.file, options.out, asked)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _model(word: str) -> str:
    """Return the run that model=RUN names."""
    if not word.startswith("model="):
        raise UserError(f"{word!r}: name the run first, as model=RUN")
    return word.removeprefix("model=")


def _export(options: argparse.Namespace) -> None:
    model, part = _model(options.model), options.part
    if part is not None and not part.startswith("part="):
        raise UserError(f"{part!r} is no option; write part=encoder, part=decoder or part=whole")
    from narrows.exporting.command import Options, export_run

    part = part and part.removeprefix("part=")
    export_run(Options(model, options.out, part, options.overwrite))


def _predict(options: argparse.Namespace) -> None:
    model = _model(options.model)
    from narrows.predicting.command import Options, predict_file

    predict_file(Options(model, options.source, options.out, options.overwrite, options.raw))


def _restore(options: argparse.Namespace) -> None:
    model = _model(options.model)
    if not options.sources:
        raise UserError("no picture is named; write files or folders behind model=RUN")
    from narrows.restoring.command import Options, restore_files

    rest = (options.overwrite, options.memory, options.workers)
    restore_files(Options(model, options.sources, options.out, *rest))


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


def _datasets() -> str:
    """Return the data sets there are."""
    return f"data sets: {' '.join(groups()['dataset'])}\n\nexample: narrows data dataset=digits"


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


def _new_label(options: argparse.Namespace) -> None:
    from narrows.new_label.options import read_options

    asked = read_options(options.options)
    from narrows.new_label.command import add_label

    add_label(asked)


def _train(options: argparse.Namespace) -> None:
    config = compose_config(options.overrides)
    # torch and Lightning take seconds to import: mistakes in names are told before that.
    from narrows.single import train_single

    train_single(config, options.overrides)


def _data(options: argparse.Namespace) -> None:
    from narrows.data_command import check_overrides, show_data

    check_overrides(options.overrides)
    show_data(compose_config(options.overrides))


def _study(options: argparse.Namespace) -> None:
    from narrows.study.command import run_study

    run_study(options.study)


def _show(options: argparse.Namespace) -> None:
    from narrows.study.command import show_studies

    show_studies(options.study)
