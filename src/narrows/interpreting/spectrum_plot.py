"""How the variance of codes is spread over their principal components."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from narrows.interpreting.dimension import Spectrum
from narrows.report.svg import COLOURS, PANEL, TEXT, frame, svg


def spectrum_svg(spectrum: Spectrum) -> str:
    """Draw each component's share of the variance, as SVG that stands in a page."""
    total = spectrum.eigenvalues.sum() or 1.0
    shares = 100 * spectrum.eigenvalues / total
    there = shares > 0
    places = np.arange(1, len(shares) + 1)
    figure = Figure(figsize=(1.3 * PANEL[0], 0.75 * PANEL[1]), layout="constrained")
    ax = figure.subplots()
    ax.plot(places[there], shares[there], color=COLOURS[0], marker="o", ms=4, lw=1.4)
    for place, told, colour in (
        (spectrum.dimension, "effective dimension", COLOURS[1]),
        (spectrum.components, "95 % of the variance", COLOURS[2]),
    ):
        ax.axvline(place, color=colour, lw=1.4, ls="--", label=told)
    if there.any():
        ax.set_yscale("log")
        wide = shares.max() > 1000 * shares[there].min()
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.3g}"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("principal component", color=TEXT)
    ax.set_ylabel("% of the variance", color=TEXT)
    frame(ax, TEXT)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, labelcolor=TEXT, fontsize=9)
    return svg(figure, "spectrum")
