"""`narrows train -m`: each combination of several values is a run, as with Hydra's multirun."""

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows import runs
from narrows.config import compose_config, conf_dir
from narrows.errors import FailedRunError, UserError
from narrows.files import read_json
from narrows.launching.choice import is_about_launcher, launcher_node, make_launcher
from narrows.launching.job import Job
from narrows.report.measures import less_is_better, measure_name


@dataclass(frozen=True)
class Combination:
    """One run of several.

    Attributes:
        words: all of its overrides.
        varied: those in which runs differ.
    """

    words: list[str]
    varied: dict[str, str]


def combinations(words: list[str]) -> list[Combination]:
    """Return the runs that words ask for, in Hydra's order: the last option varies first.

    Raises:
        UserError: if they cannot be read, or ask for a range without steps.
    """
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        # It knows the choices of groups, for glob(*).
        parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
        parsed = [_parse(parser, word) for word in words]
        # The last one of an option counts.
        options = {one.get_key_element(): _words(one) for one in parsed}
    swept = [name for name, lines in options.items() if len(lines) > 1]
    return [
        Combination(
            list(line),
            {
                n: word.partition("=")[2]
                for n, word in zip(options, line, strict=True)
                if n in swept
            },
        )
        for line in product(*options.values())
    ]


def _words(override: Override) -> list[str]:
    """Return an override for each of its values."""
    if not override.is_sweep_override():
        return [str(override.input_line)]
    name = override.get_key_element()
    return [f"{name}={value}" for value in override.sweep_string_iterator()]


def _parse(parser: OverridesParser, word: str) -> Override:
    try:
        (override,) = parser.parse_overrides([word])
    except HydraException as error:
        raise UserError(
            f"cannot read {word}; several values are written option=a,b or option=range(1,9)"
        ) from error
    if override.is_sweep_override() and not override.is_discrete_sweep():
        raise UserError(f"{word}: a range has no end of values; narrows sweep searches it")
    return override


def train_all(words: list[str]) -> None:
    """Train each combination as `narrows train` would, side by side, and print a table.

    Args:
        words: overrides, some with several values, and which launcher trains the runs.

    Raises:
        UserError: for a mistake in any of the configs, before anything is written; or at the end,
            if a run has no result.
    """
    about_launcher = [word for word in words if is_about_launcher(word)]
    launcher_node(about_launcher)
    asked = combinations([word for word in words if word not in about_launcher])
    configs = [compose_config(one.words) for one in asked]
    # torch takes seconds to import: mistakes in names are told before that.
    from narrows.readiness import check_beside_others, check_run, prepare_run
    from narrows.workers import run_all

    checked = [check_run(config, one.words) for config, one in zip(configs, asked, strict=True)]
    for run in checked:
        check_beside_others(run.config)
    jobs = [prepare_run(run) for run in checked]
    # The same run may be asked for twice.
    todo = list({job.folder: job for job in jobs}.values())
    failed = run_all(todo, make_launcher(about_launcher), "train")
    _print(asked, jobs, failed)
    if failed:
        raise FailedRunError(
            f"{len(failed)} of {len(todo)} runs have no result; the lines above say why"
        )


def _print(asked: list[Combination], jobs: list[Job], failed: dict[str, str]) -> None:
    """Print what is measured on the validation part, a line for each run."""
    found = [_metrics(job, failed) for job in jobs]
    measures = list(dict.fromkeys(name for metrics in found for name in metrics))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in asked[0].varied:
        table.add_column(name)
    for name in measures:
        called = measure_name(name.removeprefix("val/"))
        less = " ↓" if less_is_better(name.removeprefix("val/")) else ""
        table.add_column(f"{called}{less}", justify="right")
    table.add_column("run", no_wrap=True)
    for one, job, metrics in zip(asked, jobs, found, strict=True):
        values = [_text(metrics.get(name)) for name in measures]
        table.add_row(*one.varied.values(), *values, job.folder.name)
    if any(less_is_better(name.removeprefix("val/")) for name in measures):
        table.caption, table.caption_justify = "↓ less is better", "left"
    console = Console(highlight=False)
    console.print(table)
    for name, reason in failed.items():
        console.print(f"{name}: {reason}", markup=False)
    console.print(
        f"Measured on the validation part; runs are in {runs.RUNS}/. To measure one on the test "
        "part, give its options to narrows train without -m.",
        markup=False,
    )


def _metrics(job: Job, failed: dict[str, str]) -> dict[str, Any]:
    return {} if job.folder.name in failed else read_json(job.folder / runs.METRICS)


def _text(value: float | None) -> str:
    if value is None:
        return "–"
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:.5g}" if math.isfinite(value) else "–"
    )
