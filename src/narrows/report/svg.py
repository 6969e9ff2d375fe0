"""Matplotlib's figures: as SVG that stands in a page and takes its colour of text, and as PNG."""

import math
import re
from io import BytesIO, StringIO
from pathlib import Path
from typing import Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from narrows.files import write_with

# Told apart by people with any colour vision, and at least 3:1 on white and on near-black.
COLOURS = ("#3b8bd0", "#d55e00", "#0a9b74", "#c06a9c", "#8a3ffc")
# And five that come close to them for some: a shape of its own has to tell what has these.
HUES = (*COLOURS, "#e40048", "#a87f00", "#4f8a10", "#0f9fb5", "#8c6450")
# Stands for the colour of the text around the picture.
TEXT = "#010203"
# Stands for the colour of the page below the picture.
_GROUND = "#fdfcfb"
# The colour of text in files of their own, which are white.
DARK = "#1a1a1a"
PANEL = (4.6, 3.9)
# Points of the smallest text in a panel, which on a phone is shown a little smaller than it is.
SMALL = 9.2
# Pixels of the smallest text that can be read: what would show it smaller is scrolled sideways.
_READABLE = 9


def svg(figure: Figure, salt: str) -> str:
    """Return the figure as an SVG element.

    Args:
        figure: with `TEXT` for the colour of text and axes.
        salt: makes ids the same in each drawing, and different in the figures of one page.
    """
    with matplotlib.rc_context({"svg.hashsalt": f"narrows {salt}", "svg.fonttype": "none"}):
        buffer = StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    drawn = buffer.getvalue()
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    # Namespaces are no part of HTML, and the groups' ids would be twice in one page.
    drawn = re.sub(r'<g id="[^"]*"', "<g", re.sub(r' xmlns(:xlink)?="[^"]*"', "", drawn))
    drawn = drawn.replace("<svg ", f'<svg style="min-width: {_least_width(drawn)}px" ', 1)
    drawn = drawn.replace(TEXT, "currentColor").replace(_GROUND, "var(--back)")
    return drawn.replace("xlink:href", "href")


def _least_width(drawn: str) -> int:
    """Return from how many pixels of width on the smallest text can be read; 0 without text."""
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", drawn)]
    box = re.search(r'viewBox="0 0 ([\d.]+)', drawn)
    return math.ceil(float(box[1]) * _READABLE / min(sizes)) if sizes and box else 0


def ground(colour: str) -> str:
    """Return what is below a picture with this colour of text: the page, or white in a file."""
    return _GROUND if colour == TEXT else "white"


def nothing(text: str) -> Figure:
    """Return a figure with nothing but a sentence, for where there is nothing to draw."""
    figure = Figure(figsize=PANEL)
    figure.text(0.5, 0.5, text, color=DARK, ha="center", va="center", wrap=True)
    return figure


def write_png(path: Path, figure: Figure) -> None:
    """Write the figure as a PNG file, the same bytes each time."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    write_with(path, lambda temporary: temporary.write_bytes(buffer.getvalue()))


def frame(ax: Axes, colour: str, grid: Literal["x", "y"] = "y") -> None:
    """Give axes the look of all plots: two spines, quiet lines across one axis."""
    ax.tick_params(colors=colour)
    ax.grid(axis=grid, color=colour, alpha=0.15, lw=0.8)
    ax.set_axisbelow(True)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colour)
