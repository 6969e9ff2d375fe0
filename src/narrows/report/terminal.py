"""Print a study's table."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from narrows.report import wording
from narrows.report.figures import p_value, plus_minus
from narrows.report.measures import measure_name
from narrows.report.rows import Row
from narrows.report.tables import RESULTS, Comparison, read_comparison

_CAPTION = (
    f"mean ± half the 95 % interval over seeds, on the test part; {wording.P}: of no difference to "
    f"scratch, after Holm's correction; {wording.BEATS}: in which share of seeds; "
    f"{wording.SAVED}: how many times fewer labels than scratch, {wording.UNCLEAR} where no "
    f"difference is shown, beyond where scratch has not as much with the most labels; "
    f"{wording.TRAINING}: without pretraining"
)


def show_study(folder: Path) -> None:
    """Print the table and the answer in a study's report folder, and where its page is.

    Raises:
        UserError: if the study has no results yet.
    """
    comparison = read_comparison(folder / RESULTS)
    console = Console(highlight=False)
    console.print(comparison.question, style="bold", markup=False)
    console.print(comparison.headline, style="bold", markup=False)
    if comparison.rows:
        console.print(_table(comparison))
    for answer in comparison.answers:
        console.print(answer, markup=False)
    if comparison.validation:
        console.print(comparison.validation, markup=False)
    for failure in comparison.failed:
        console.print(f"failed: {failure}", markup=False)
    console.print(f"page: {folder / 'index.html'}", markup=False, soft_wrap=True)


def _table(comparison: Comparison) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        padding=0,
        show_edge=False,
        caption=_CAPTION,
        caption_justify="left",
    )
    # Widths that fit 80 columns: headings wrap, values do not.
    table.add_column("method", min_width=len("reconstruction, fine-tuned"))
    names = (wording.P, wording.BEATS, wording.SAVED, wording.WEIGHTS, wording.TRAINING)
    for name in (measure_name(comparison.monitor), *names):
        table.add_column("\n".join(name.rsplit(" ", 1)), justify="right", no_wrap=True)
    for labels in comparison.labels:
        table.add_row(f"{labels:,} labels", style="bold")
        for row in comparison.at(labels):
            table.add_row(*_cells(row, comparison.monitor))
        table.add_section()
    return table


def _cells(row: Row, monitor: str) -> list[str]:
    against = row.against
    return [
        row.name,
        plus_minus(row.measures[monitor], ".3f"),
        p_value(against.p_holm) if against else "–",
        f"{against.wins.mean:.2f}" if against else "–",
        wording.labels_saved(row, brief=True),
        f"{row.weights:,}",
        f"{row.seconds:.1f}",
    ]
