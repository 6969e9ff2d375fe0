"""The command `narrows predict`: new examples in, their labels and probabilities out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from narrows.errors import UserError
from narrows.files import check_free
from narrows.new_examples import Examples
from narrows.predicting.predictor import Predictor
from narrows.predicting.results import ENDINGS, headings, said_text, separator_of, writing
from narrows.progress import Display
from narrows.report.text import counted, shorten

_SHOWN, _PROBABLE, _NAME = 10, 4, 40


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Attributes:
        model: the run, by its folder or name.
        source: file or folder of the new examples.
        out: file of the results; None to print the first ones.
        overwrite: replace that file.
        raw: probabilities as the network gives them, not calibrated.
    """

    model: str
    source: Path
    out: Path | None = None
    overwrite: bool = False
    raw: bool = False


def predict_file(options: Options) -> None:
    """Write what a run says of all examples into a file, or print it of the first ones.

    Raises:
        UserError: for a mistake in the options or the examples; nothing is written then.
    """
    if options.out is not None:
        _check_out(options.out, options)
    predictor = Predictor.of(options.model)
    examples = predictor.read(options.source)
    console = Console(highlight=False)
    if options.out is None:
        console.print(_table(predictor, examples, options.raw))
    else:
        _write(predictor, examples, options.out, options.raw)
        told = f"predictions: {counted(len(examples.x), 'example')} in {options.out}"
        console.print(told, markup=False, soft_wrap=True)
    if predictor.decisions is None:
        console.print(
            "The run chose no thresholds and no calibration: labels are those of more than 1/2.",
            soft_wrap=True,
        )
    if predictor.exclusive:
        console.print(
            "Each validation example of the run has exactly one label: take the most probable one; "
            "by thresholds an example may have none or several.",
            soft_wrap=True,
        )


def _check_out(out: Path, options: Options) -> None:
    if out.suffix.lower() not in ENDINGS:
        raise UserError(f"--out={out} ends in none of {', '.join(ENDINGS)}; give it one of these")
    if out.exists() and options.source.exists() and out.samefile(options.source):
        raise UserError(f"--out={out} is the file of the examples; choose another name")
    check_free(out, options.overwrite)


def _write(predictor: Predictor, examples: Examples, out: Path, raw: bool) -> None:
    heads = headings(examples.kind, predictor.labels)
    separator = separator_of(predictor.labels, predictor.options)
    total, done = len(examples.x), 0
    with (
        writing(out, heads, separator, raw) as write,
        Display("predicting", total, "examples") as bar,
    ):
        for found in predictor.batches(examples):
            write(found)
            done += len(found.names)
            bar.show(done)


def _table(predictor: Predictor, examples: Examples, raw: bool) -> Table:
    """Return what is said of the first examples: labels, and what is most probable."""
    first = Examples(examples.x.narrow(0, 0, min(_SHOWN, len(examples.x))), *examples[1:])
    table = Table(box=SIMPLE_HEAD, pad_edge=False, caption_justify="left", highlight=False)
    for heading in (examples.kind, "labels", "most probable"):
        table.add_column(heading, overflow="fold")
    separator = separator_of(predictor.labels, predictor.options)
    for found in predictor.batches(first):
        for row, name in enumerate(found.names):
            said = said_text(found.said[row].tolist(), predictor.labels, separator)
            values = (found.probabilities if raw else found.calibrated)[row]
            probable = _probable(values, predictor.labels)
            table.add_row(*map(Text, (shorten(str(name), _NAME), said or "–", probable)))
    left = len(examples.x) - len(first.x)
    if left:
        table.caption = f"and {counted(left, 'example')} more; -o FILE writes all"
    return table


def _probable(values: np.ndarray, labels: tuple[str, ...]) -> str:
    order = np.argsort(-values, kind="stable")[:_PROBABLE]
    return ", ".join(f"{shorten(labels[place], _NAME)} {values[place]:.3f}" for place in order)
