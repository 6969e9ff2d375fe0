"""Bytes for each example against error, one line for each way to compress."""

from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from narrows.compressing.curve import Measured
from narrows.compressing.points import Point
from narrows.report.svg import COLOURS, PANEL, SMALL, TEXT, frame, svg

Measure = Literal["sse", "psnr"]
_AXES: dict[Measure, str] = {"sse": "squared error (SSE)", "psnr": "PSNR, dB"}
_OWN, _COMPONENTS, _FORMATS = COLOURS[0], COLOURS[1], {"JPEG": COLOURS[2], "WebP": COLOURS[3]}


def curve_svg(measured: Measured, measure: Measure) -> str:
    """Draw a measure as SVG to stand in a page: it takes its colour of text."""
    width, height = PANEL
    figure = Figure(figsize=(width, height + 0.5), layout="constrained")
    ax = figure.add_subplot()
    uniform = [p for p in measured.points if not p.setting.startswith("pq")]
    products = [p for p in measured.points if p.setting.startswith("pq")]
    _line(ax, uniform, measure, "this run", color=_OWN, marker="o")
    _line(ax, products, measure, "this run, pq", color=_OWN, marker="s", ls="none", mfc="none")
    components = sorted(measured.components, key=lambda point: point.bytes)
    _line(ax, components, measure, "principal components", color=_COMPONENTS, marker="D")
    for name, points in measured.formats:
        look = {"ls": "--", "mfc": "none"} if name.endswith("each") else {}
        _line(ax, points, measure, name, color=_FORMATS[name[:4]], marker="^", **look)
    level = getattr(measured.unquantized, measure)
    if level is not None:
        ax.axhline(level, color=_OWN, lw=1, ls=":", label="this run, not quantized")
    _scale(ax, measure)
    frame(ax, TEXT)
    figure.legend(
        loc="outside lower center", ncols=2, frameon=False, fontsize=SMALL, handlelength=2.2,
        labelcolor=TEXT,
    )  # fmt: skip
    return svg(figure, f"rate {measure}")


def _line(ax: Axes, points: list[Point], measure: Measure, name: str, **look: str) -> None:
    there = [p for p in points if getattr(p, measure)]
    values = [getattr(p, measure) for p in there]
    ax.plot([p.bytes for p in there], values, label=name, ms=5, lw=1.6, **look)  # type: ignore[arg-type]


def _scale(ax: Axes, measure: Measure) -> None:
    ax.set_xscale("log")
    if measure == "sse":
        ax.set_yscale("log")
    for axis, logarithmic in ((ax.xaxis, True), (ax.yaxis, measure == "sse")):
        if logarithmic:
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_minor_locator(NullLocator())
            axis.set_minor_formatter(NullFormatter())
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    ax.set_xlabel("bytes for each example", color=TEXT)
    ax.set_ylabel(_AXES[measure], color=TEXT)
