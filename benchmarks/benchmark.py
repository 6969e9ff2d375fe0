"""What all benchmarks share: paired timing, a table, and benchmarks/results/NAME.json."""

import os
import platform
import resource
import shlex
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from narrows.files import write_json
from narrows.runs import git_commit

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        name: what was measured.
        value: the figure.
        unit: of the figure.
        reference: what it is compared with, and its own figure.
        aim: what it should be.
    """

    name: str
    value: float
    unit: str
    reference: str
    aim: str


def paired(ours: Callable[[], float], theirs: Callable[[], float], pairs: int) -> tuple[float, ...]:
    """Run both in turn, after a warm-up of each.

    Returns:
        Median seconds of ours and of theirs, median and quartiles of the ratio pair by pair.
    """
    for warm_up in (ours, theirs):
        warm_up()
    seconds = []
    for number in range(pairs):
        # Who goes first alternates, so that a drift of the machine favours neither.
        first = ours() if number % 2 == 0 else None
        other = theirs()
        seconds.append((first if first is not None else ours(), other))
    ratios = [a / b for a, b in seconds]
    low, median, high = statistics.quantiles(ratios, n=4)
    mine, their = (statistics.median(column) for column in zip(*seconds, strict=True))
    return mine, their, median, low, high


def ratio_row(name: str, timing: tuple[float, ...], reference: str, aim: str) -> Row:
    """Return the row of a paired timing."""
    mine, their, median, low, high = timing
    told = f"{reference}: {their:.3f} s against {mine:.3f} s; quartiles {low:.3f} to {high:.3f}"
    return Row(name, round(median, 3), "ratio", told, aim)


def peak_memory() -> float:
    """Return the largest memory that this process has had, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage would count the parent's memory too, which a child has before it starts.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def report(name: str, rows: list[Row]) -> None:
    """Print the table and write the results' file."""
    table = Table("what", "value", "unit", "reference", "aim", title=name)
    for row in rows:
        table.add_row(row.name, f"{row.value:g}", row.unit, row.reference, row.aim)
    Console(width=160).print(table)
    write_results(name, [asdict(row) for row in rows])


def write_results(name: str, rows: list[dict[str, Any]]) -> None:
    """Write the results' file: of what, when and where, and the rows."""
    write_json(
        RESULTS / f"{name}.json",
        {
            "command": shlex.join(["python", f"benchmarks/{name}.py", *sys.argv[1:]]),
            "commit": git_commit(),
            "date": date.today().isoformat(),
            "machine": machine(),
            "rows": rows,
        },
    )


def machine() -> str:
    """Return processor, cores, memory and torch's version, in a line."""
    import torch

    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    processor = f"{model or platform.machine()}, {os.cpu_count()} cores"
    return f"{processor}, {device}, torch {torch.__version__}"
