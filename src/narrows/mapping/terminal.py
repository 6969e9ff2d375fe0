"""What maps are worth, printed."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows.mapping.measures import NEIGHBOURS, Measured
from narrows.report.text import number

_SHOWN = (1, 3, 7, 15)


def show(measured: list[Measured], source: str) -> None:
    """Print a line for each map or code.

    Args:
        measured: what they are worth.
        source: what the new examples are of.
    """
    counts = [count for count in _SHOWN if any(count in row.precision for row in measured)]
    table = Table(box=SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("", min_width=len("code, 10 numbers"))
    accuracy = [f"{NEIGHBOURS}-NN\ntrain", f"{NEIGHBOURS}-NN\nnew"]
    precision = [f"prec.\nat {count}" for count in counts]
    for name in ("trust\ntrain", "trust\nnew", *accuracy, "SSE\nnew", *precision):
        table.add_column(name, justify="right", no_wrap=True)
    for row in measured:
        shares = [row.trustworthiness, row.trustworthiness_new, row.accuracy, row.accuracy_new]
        found = [row.precision.get(count) for count in counts]
        table.add_row(
            row.name, *map(_share, shares), number(row.sse), *(_share(value) for value in found)
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"train: training examples; new: those of {source}; prec.: precision", markup=False
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
