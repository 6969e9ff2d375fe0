"""Heat maps of labels that come together."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm, to_rgb
from matplotlib.figure import Figure

from narrows.report.svg import COLOURS, SMALL, TEXT, svg
from narrows.report.together import HeatMap, Together

_WIDTH, _HEIGHT, _ROTATED = 4.6, 3.7, 4.3
# Letters of a name that fits below its column, and of one that fits beside its row.
_SHORT, _LETTERS = 2, 16
# From the page's own ground to a colour that is told from it, in light and in dark, on either side.
_LESS, _MORE = to_rgb(COLOURS[1]), to_rgb(COLOURS[0])
_MAP = LinearSegmentedColormap.from_list(
    "together",
    [(0.0, (*_LESS, 1.0)), (0.5, (*_LESS, 0.0)), (0.5, (*_MORE, 0.0)), (1.0, (*_MORE, 1.0))],
).with_extremes(bad=(0.5, 0.5, 0.5, 0.25))
# The scale ends at the first of these that all lifts are within, or their inverses.
_ENDS = (1.1, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)


def heat_map_svg(found: Together, shown: HeatMap) -> str:
    """Draw one matrix as SVG to stand in a page; all of a page have the same scale."""
    rotated = max(map(len, found.labels)) > _SHORT
    size = _WIDTH, _ROTATED if rotated else _HEIGHT
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.add_subplot()
    end, beyond = _scale(found)
    values = np.clip(lifts(shown), 1 / end, end)
    image = ax.imshow(values, cmap=_MAP, norm=LogNorm(1 / end, end), interpolation="none")
    _names(ax, found.labels, 90 if rotated else 0)
    bar = figure.colorbar(
        image, ax=ax, shrink=0.8, pad=0.03, extend="both" if beyond else "neither"
    )
    bar.set_ticks(_ticks(end), labels=[f"{tick:.3g}" for tick in _ticks(end)])
    bar.minorticks_off()
    bar.set_label("lift: 1 is as if independent", color=TEXT, fontsize=SMALL)
    bar.ax.tick_params(colors=TEXT, labelsize=SMALL)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return svg(figure, f"together {shown.name}")


def lifts(shown: HeatMap) -> np.ndarray:
    """Return how often labels come together over how often independent ones would.

    The diagonal, which is not of pairs, is nan. A label that never comes goes with no other more
    than chance has it.
    """
    independent = np.outer(shown.frequencies, shown.frequencies)
    values = np.divide(
        shown.values, independent, out=np.ones_like(independent), where=independent > 0
    )
    np.fill_diagonal(values, np.nan)
    return values


def _scale(found: Together) -> tuple[float, bool]:
    """Return the end of the scale that all maps share, and whether any lift lies beyond it."""
    values = np.concatenate([lifts(shown).ravel() for shown in found.maps])
    values = values[np.isfinite(values)]
    with np.errstate(divide="ignore"):
        furthest = float(np.exp(np.abs(np.log(values)).max(initial=0.0)))
    end = next((end for end in _ENDS if furthest <= end), _ENDS[-1])
    return end, furthest > end


def _ticks(end: float) -> list[float]:
    """Return the ends and the middle of the scale, and powers of two between them."""
    powers = [2.0**n for n in range(1, 3) if 2**n < end]
    return [1 / end, *(1 / power for power in reversed(powers)), 1.0, *powers, end]


def _names(ax: Axes, labels: list[str], rotation: int) -> None:
    short = [text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…" for text in labels]
    size = SMALL if len(labels) <= 12 else 6.5
    ax.set_xticks(range(len(labels)), short, fontsize=size, rotation=rotation)
    ax.set_yticks(range(len(labels)), short, fontsize=size)
    ax.tick_params(colors=TEXT, length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
