"""One run from the command line: checked, trained, measured on the test part and shown."""

import sys
import time
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows import runs
from narrows.build import make, prune, validate
from narrows.config import Config, run_name
from narrows.errors import UserError
from narrows.evaluation import Evaluation, evaluate_run
from narrows.files import read_yaml, write_json
from narrows.packing import data_identity, read_card
from narrows.preparing import prepare_node
from narrows.processes import is_first_process
from narrows.recording import Row
from narrows.report.measures import grouped_measures, less_is_better, measure_name
from narrows.training import train


def train_single(config: Config, overrides: list[str]) -> None:
    """Check, train and evaluate one run, and print where it is and what came of it.

    Raises:
        UserError: for a mistake in the config, before data is read.
    """
    config = prune(config)
    if "corruption" not in config and any(o.startswith("corruption") for o in overrides):
        raise UserError("corruption=… has no effect on this task; use task=denoising")
    pretrained = _find_pretrained(config)
    needs_labels = validate(config).module.task.needs_labels
    if pretrained is not None:
        _check_encoder(config, pretrained)
    data = prepare_node(config["dataset"])
    if pretrained is not None:
        _check_data(data, pretrained)
    labelled = {name: part["labelled"] for name, part in read_card(data)["parts"].items()}
    if needs_labels and 0 in labelled.values():
        without = next(name for name, n in labelled.items() if n == 0)
        raise UserError(f"no example of the {without} part has labels, which this task needs")
    examples = labelled["train"]
    if config["labels"] and config["labels"] > examples:
        raise UserError(f"labels={config['labels']}, but {examples} training examples have labels")
    folder = runs.RUNS / run_name(config)
    first = is_first_process()
    terminal = sys.stderr.isatty()
    console = Console(stderr=True, quiet=not first)
    console.print(f"run {folder}", highlight=False)
    progress = (lambda *_: None) if terminal else PlainProgress()
    if not train(config, data, folder, progress, pretrained, bar=terminal):
        console.print("this run was finished before; its results are kept")
    if not first:
        return
    evaluation = evaluate_run(folder, data)
    write_json(folder / runs.EVALUATION, evaluation.flat())
    _print(folder, evaluation)


def _find_pretrained(config: Config) -> Path | None:
    """Find the run that `pretrained` names, by folder or name, and keep its name alone."""
    name = config["pretrained"]
    if not name:
        return None
    folder = runs.find(str(name), "pretrained")
    config["pretrained"] = folder.resolve().name
    return folder


def _check_encoder(config: Config, pretrained: Path) -> None:
    """Check that the pretrained run has the same encoder: its weights fit no other one."""
    trained = read_yaml(pretrained / runs.CONFIG)
    mine, its = config["encoder"], trained["encoder"]
    for option in (*its, *mine):
        if mine.get(option) != its.get(option):
            raise UserError(
                f"encoder.{option}={mine.get(option)}, but pretrained={pretrained} has "
                f"{its.get(option)}; choose the same"
            )
    shape, other = make(config["dataset"]).spec().shape, runs.read_spec(pretrained).shape
    if shape != other:
        raise UserError(
            f"dataset: examples have shape {shape}, but those of pretrained={pretrained} {other}"
        )


def _check_data(data: Path, pretrained: Path) -> None:
    """Check that the encoder was trained on the same prepared data.

    Elsewhere the values may mean something else, as words and columns do, and its training examples
    may be among those of the test.
    """
    if (runs.inputs_of(pretrained) or {}).get("data") != data_identity(data):
        raise UserError(
            f"pretrained={pretrained} was trained on other data, or on another split of them; give "
            "the same dataset options, or pretrain on these"
        )


def _table(evaluation: Evaluation) -> Table:
    """Return the measures in the groups that a report shows them in, with its names."""
    measures, without = evaluation.measures, evaluation.without
    table = Table("measure", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("test part", justify="right")
    if without:
        table.add_column(evaluation.called, justify="right")
    groups = grouped_measures(measures, facts=True)
    for group in groups:
        # A heading over all there is would tell nothing.
        if len(groups) > 1:
            table.add_row(group.name, style="bold")
        for name in group.measures:
            less = " ↓" if less_is_better(name) else ""
            values = [found[name] for found in (measures, without) if found]
            table.add_row(f"{measure_name(name)}{less}", *(f"{value:.5g}" for value in values))
        table.add_section()
    if any(map(less_is_better, measures)):
        table.caption, table.caption_justify = "↓ less is better", "left"
    return table


class PlainProgress:
    """One line for an epoch where there is no terminal, at most one a second."""

    def __init__(self) -> None:
        self.last = 0.0

    def __call__(self, epoch: int, epochs: int, row: Row) -> None:
        """Print the epoch's values."""
        now = time.monotonic()
        if now - self.last < 1 and epoch < epochs:
            return
        self.last = now
        values = "  ".join(f"{k} {v:.5g}" for k, v in row.items() if k not in ("epoch", "step"))
        print(f"epoch {epoch}/{epochs}  {values}", file=sys.stderr, flush=True)  # noqa: T201


def _print(folder: Path, evaluation: Evaluation) -> None:
    console = Console()
    console.print(_table(evaluation))
    console.print(f"results: {folder}", highlight=False)
    if (folder / "examples.png").is_file():
        console.print(f"pictures: {folder / 'examples.png'}", highlight=False)
