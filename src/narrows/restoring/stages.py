"""What the stages of a restoration share: where its files are, and how its run is measured."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.files import read_json, read_yaml, write_json
from narrows.report.measures import less_is_better, measure_name
from narrows.restoring.comparing import compare
from narrows.restoring.published import CASES
from narrows.restoring.whole import restorer
from narrows.study.plan import BUILD

_FOLDER = BUILD / "restorations"


def plan_of(name: str) -> Path:
    """Return the file with a restoration's config."""
    return _FOLDER / name / "plan.yaml"


def run_of(name: str) -> Path:
    """Return the folder of a restoration's run, which is the same whatever its config."""
    return _FOLDER / name / "run"


def results_of(name: str) -> Path:
    """Return the file with what was measured."""
    return Path("reports/restorations") / f"{name}.json"


def measure_run(name: str) -> None:
    """Measure a restoration's run on whole pictures and write what comes of it."""
    case = CASES[read_yaml(plan_of(name))["measuring"]["experiment"]]
    module = load_run(run_of(name)).module
    found = compare(name, restorer(module), case.plain, case.pairs(), case.protocol)
    write_json(
        results_of(name),
        {"where": case.where, "measures": {it.measure: asdict(it) for it in found}},
    )


def show(name: str) -> None:
    """Print what was measured, and which run `narrows restore` is to be given.

    Raises:
        UserError: if nothing was measured yet.
    """
    if not results_of(name).is_file():
        raise UserError(f"{name} was not measured yet; run: make {name}")
    found = read_json(results_of(name))
    console = Console(highlight=False)
    console.print(_table(found))
    console.print(
        f"restore your pictures: narrows restore model={run_of(name)} photo.jpg -o restored",
        soft_wrap=True,
    )


def _table(found: dict[str, Any]) -> Table:
    """Return means and intervals over the pictures, a line for each measure."""
    measures = found["measures"]
    methods = list(next(iter(measures.values()))["methods"])
    table = Table("", *methods, box=SIMPLE_HEAD, pad_edge=False, title=found["where"])
    for measure, it in measures.items():
        arrow = " ↓" if less_is_better(measure) else ""
        cells = [f"{e['mean']:.4g} ({e['low']:.4g} to {e['high']:.4g})"
                 for e in it["methods"].values()]  # fmt: skip
        table.add_row(f"{measure_name(measure)}{arrow}", *cells)
    less = "; ↓ less is better" if any(map(less_is_better, measures)) else ""
    table.caption = f"means over the pictures, and their 95 % intervals{less}"
    return table
