"""Heat maps of labels that come together."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from narrows.report.svg import COLOURS, TEXT, svg
from narrows.report.together import HeatMap, Together

_WIDTH, _HEIGHT, _ROTATED = 4.6, 3.7, 4.3
# Letters of a name that fits below its column, and of one that fits beside its row.
_SHORT, _LETTERS = 2, 16
# From the page's own ground to a colour that is told from it in light and in dark.
_HUE = to_rgb(COLOURS[0])
_MAP = LinearSegmentedColormap.from_list("together", [(*_HUE, 0.0), (*_HUE, 1.0)]).with_extremes(
    bad=(0.5, 0.5, 0.5, 0.25)
)


def heat_map_svg(found: Together, shown: HeatMap) -> str:
    """Draw one matrix as SVG to stand in a page; all of a page have the same scale."""
    rotated = max(map(len, found.labels)) > _SHORT
    size = _WIDTH, _ROTATED if rotated else _HEIGHT
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.add_subplot()
    # Roots of shares: else pairs that are rare could not be told from those that never come.
    image = ax.imshow(
        _pairs(shown), cmap=_MAP, norm=PowerNorm(0.5, 0.0, _most(found)), interpolation="none"
    )
    _names(ax, found.labels, 90 if rotated else 0)
    bar = figure.colorbar(image, ax=ax, shrink=0.8, pad=0.03)
    bar.ax.yaxis.set_major_locator(MaxNLocator(5))
    bar.set_label("share of examples with both", color=TEXT, fontsize=8)
    bar.ax.tick_params(colors=TEXT, labelsize=8)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return svg(figure, f"together {shown.name}")


def _pairs(shown: HeatMap) -> np.ndarray:
    """Return the matrix without its diagonal, which is not of pairs."""
    values = np.array(shown.values, dtype=float)
    np.fill_diagonal(values, np.nan)
    return values


def _most(found: Together) -> float:
    return max(float(np.nanmax(_pairs(shown), initial=0.0)) for shown in found.maps) or 1.0


def _names(ax: Axes, labels: list[str], rotation: int) -> None:
    short = [text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…" for text in labels]
    size = 8.5 if len(labels) <= 12 else 6
    ax.set_xticks(range(len(labels)), short, fontsize=size, rotation=rotation)
    ax.set_yticks(range(len(labels)), short, fontsize=size)
    ax.tick_params(colors=TEXT, length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
