"""Print a study's table."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows.report.figures import plus_minus
from narrows.report.tables import Comparison, measure_name, read_comparison


def show_study(folder: Path) -> None:
    """Print the table and the answer in a study's report folder, and where its page is.

    Raises:
        UserError: if the study has no results yet.
    """
    comparison = read_comparison(folder / "results.json")
    console = Console(highlight=False)
    console.print(comparison.question, style="bold", markup=False)
    console.print(_table(comparison))
    for answer in comparison.answers:
        console.print(answer, markup=False)
    console.print(f"page: {folder / 'index.html'}", markup=False, soft_wrap=True)


def _table(comparison: Comparison) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        collapse_padding=True,
        pad_edge=False,
        caption="mean ± half the 95 % interval over seeds, on the test part; s: of training",
        caption_justify="left",
    )
    table.add_column("labels", justify="right")
    table.add_column("method", no_wrap=True)
    # Widths that fit 80 columns: headings wrap, values do not.
    measures = (comparison.monitor, "micro_f1")
    for measure in measures:
        table.add_column(measure_name(measure), justify="right", min_width=len("0.12 ± 0.12"))
    table.add_column("weights", justify="right")
    table.add_column("s", justify="right")
    for labels in comparison.labels:
        for number, row in enumerate(comparison.at(labels)):
            table.add_row(
                "" if number else f"{labels:,}",
                row.name,
                *(plus_minus(row.measures[measure], ".3f") for measure in measures),
                f"{row.weights:,}",
                f"{row.seconds:.1f}",
            )
        table.add_section()
    return table
