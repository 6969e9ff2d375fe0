"""What a method costs against how good it is: seconds, weights and memory."""

from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from narrows.report.figures import error_bars
from narrows.report.measures import measure_name, within_range
from narrows.report.plots import hues
from narrows.report.rows import Row
from narrows.report.svg import PANEL, SMALL, TEXT, frame, svg
from narrows.report.tables import Comparison
from narrows.report.transfers import look

Cost = Literal["seconds", "weights", "memory"]
_AXES: dict[Cost, str] = {
    "seconds": "seconds of training and pretraining",
    "weights": "weights of encoder and decoder",
    "memory": "most memory at once, MB",
}
# Seconds are measured to a thousandth; zero has no place on the axis.
_LEAST = 1e-3
# The factor between the first and the last of methods with the same weights.
_WIDEST = 1.25


def cost_svg(comparison: Comparison, cost: Cost) -> str:
    """Draw the largest label budget as SVG to stand in a page: it takes its colour of text."""
    rows = [row for row in comparison.at(comparison.labels[-1]) if _spent(row, cost) is not None]
    width, height = PANEL
    figure = Figure(figsize=(width, height + 0.08 * len(rows)), layout="constrained")
    ax = figure.add_subplot()
    for number, row in enumerate(rows):
        # A little apart, so that methods of the same size do not cover each other.
        shift = _WIDEST ** (number / len(rows) - 0.5) if cost == "weights" else 1.0
        spent = max(_spent(row, cost) or 0.0, _LEAST) * shift
        _point(ax, row, comparison.monitor, spent, **_look(comparison, row))
    _scale(ax, cost)
    ax.set_xlabel(_AXES[cost], color=TEXT)
    ax.set_ylabel(measure_name(comparison.monitor), color=TEXT)
    frame(ax, TEXT)
    figure.legend(
        loc="outside lower center",
        ncols=2,
        frameon=False,
        fontsize=SMALL,
        handlelength=1.2,
        labelcolor=TEXT,
    )
    return svg(figure, f"cost {cost}")


def _spent(row: Row, cost: Cost) -> float | None:
    return {"seconds": row.spent, "weights": row.weights, "memory": row.memory}[cost]


def _scale(ax: Axes, cost: Cost) -> None:
    """Have a logarithmic axis; for memory, which differs little, one that begins with zero."""
    if cost == "memory":
        ax.set_xlim(0, 1.05 * ax.get_xlim()[1])
    else:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        ax.xaxis.set_minor_locator(NullLocator())
    # Last: another scale brings another formatter.
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _look(comparison: Comparison, row: Row) -> dict[str, str]:
    """Return the strategy's colour and marker, as curves have them, and the transfer's filling."""
    hue, marker = hues(comparison, TEXT)[row.strategy]
    return {"color": hue, "marker": marker, "fillstyle": look(row.transfer).filling}


def _point(ax: Axes, row: Row, monitor: str, cost: float, **look: str) -> None:
    value = within_range(row.measures[monitor], monitor)
    below, above = error_bars(value)
    ax.errorbar(
        cost,
        value.mean,
        yerr=[[below], [above]],
        label=row.name,
        ms=7,
        lw=0,
        elinewidth=1.1,
        capsize=2.5,
        **look,  # type: ignore[arg-type]
    )
