"""One page with the scores and the most outlying examples: what is wrong with each."""

from typing import NamedTuple

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from narrows.loading import PackedDataset, to_floats
from narrows.named_values import value_of
from narrows.new_examples import Examples
from narrows.outliers.detector import Detector
from narrows.outliers.options import Options
from narrows.report.data_samples import picture
from narrows.report.svg import COLOURS, PANEL, TEXT, frame, svg
from narrows.report.templates import drawing, png_uri, render
from narrows.report.text import clean, number
from narrows.tasks.base import Batch

_SHOWN = 24
_WORST = 5
_BINS = 30
_TINY = 1e-12


class Found(NamedTuple):
    """What came of a file.

    Attributes:
        name: of the file.
        options: of the command.
        scores: of its examples, (n,).
        normal: scores of the model's validation part.
        threshold: above which an example is called an outlier.
        numbered: what examples without names are, "row" or "document"; None if they have names.
    """

    name: str
    options: Options
    scores: np.ndarray
    normal: np.ndarray
    threshold: float
    numbered: str | None


class Wrong(NamedTuple):
    """A value with one of the largest errors.

    Attributes:
        name: of the value.
        given: as it is.
        restored: as the model gives it back.
        share: of the errors of all the example's values.
    """

    name: str
    given: float
    restored: float
    share: float


class Shown(NamedTuple):
    """What the page has of one example.

    Attributes:
        name: of its file, or its place in the source, from 0.
        score: of it.
        wrong: the values with the largest errors; none for images.
        pictures: of images, by what they show, as data: URIs.
    """

    name: str
    score: float
    wrong: list[Wrong]
    pictures: dict[str, str]


def shown(detector: Detector, examples: Examples, scores: np.ndarray) -> list[Shown]:
    """Return what the page shows: the examples with the largest scores, the largest first."""
    rows = np.argsort(-scores, kind="stable")[:_SHOWN]
    x = to_floats(Batch(*_taken(PackedDataset.unlabelled(examples.x), rows))).x
    pictures: list[dict[str, str]] = [{} for _ in rows]
    wrong: list[list[Wrong]] = [[] for _ in rows]
    is_image = detector.module.spec.kind == "image"
    if detector.reconstructs:
        restored, errors = detector.compare(x)
        if is_image:
            pictures = _pictures(x, restored, errors)
        else:
            wrong = _wrong(detector, x, restored, errors)
    elif is_image:
        pictures = [{"as given": _png(image)} for image in x]
    items = zip(rows, wrong, pictures, strict=True)
    return [
        Shown(f"{examples.kind} {examples.names[row]}", float(scores[row]), some, images)
        for row, some, images in items
    ]


def _taken(examples: PackedDataset, rows: np.ndarray) -> tuple[Tensor, Tensor]:
    places = torch.from_numpy(rows)
    return examples.x.index_select(0, places), examples.y.index_select(0, places)


def _wrong(detector: Detector, x: Tensor, restored: Tensor, errors: Tensor) -> list[list[Wrong]]:
    of = value_of(detector.module.spec, detector.data)
    listed = []
    for given, back, error in zip(x, restored, errors, strict=True):
        total = float(error.sum())
        most = error.topk(min(_WORST, len(error))).indices.tolist()
        listed.append([
            Wrong(
                clean(of(place).name),
                of(place).original(float(given[place])),
                of(place).original(float(back[place])),
                float(error[place]) / total if total else 0.0,
            )
            for place in most
        ])  # fmt: skip
    return listed


def _pictures(x: Tensor, restored: Tensor, errors: Tensor) -> list[dict[str, str]]:
    """Return each image, as it is given back, and where it is wrong."""
    return [
        {"as given": _png(given), "given back": _png(back), "error": _heat(error.mean(0))}
        for given, back, error in zip(x, restored, errors, strict=True)
    ]


def _heat(error: Tensor) -> str:
    """Draw errors, (H, W), from dark at 0 to bright at the largest.

    Each map has a scale of its own: the scores say how large errors are, and on one scale the worst
    example would leave all others dark.
    """
    shares = (error / error.max().clamp(min=_TINY)).numpy()
    colours = matplotlib.colormaps["inferno"](shares, bytes=True)
    return png_uri(picture(colours[..., :3].transpose(2, 0, 1)))


def _png(image: Tensor) -> str:
    return png_uri(picture(image.clamp(0, 1).mul(255).round().byte().numpy()))


def render_page(found: Found, examples: list[Shown]) -> str:
    """Return the page as HTML.

    Args:
        found: scores and threshold.
        examples: what to show.
    """
    above = [example for example in examples if example.score > found.threshold]
    below = [example for example in examples if example.score <= found.threshold]
    return render(
        "outliers.html.j2",
        {"number": number},
        name=clean(found.name),
        options=found.options,
        count=len(found.scores),
        normal=len(found.normal),
        above=int((found.scores > found.threshold).sum()),
        threshold=found.threshold,
        histogram=drawing(svg(_histogram(found), "scores")),
        examples=examples,
        groups={"Above the threshold": above, "Nearest below it": below},
        numbered=found.numbered,
    )


def _histogram(found: Found) -> Figure:
    """Draw how often scores are how large, of normal examples and of the file's."""
    both = np.concatenate([found.normal, found.scores, [found.threshold]])
    wide = bool(both.min() > 0)
    # Far outliers would leave one bar for all others.
    edges = np.geomspace if wide else np.linspace
    low, high = float(both.min()), float(both.max())
    bins = edges(low, high if high > low else low + 1, _BINS)
    figure = Figure(figsize=(1.6 * PANEL[0], 0.7 * PANEL[1]), layout="constrained")
    ax = figure.subplots()
    parts = (("normal (validation part)", found.normal), (found.name, found.scores))
    for (label, scores), colour in zip(parts, COLOURS, strict=False):
        weights = np.full(len(scores), 100 / len(scores))
        ax.hist(
            scores, bins.tolist(), weights=weights, color=colour, alpha=0.55, label=clean(label)
        )
    ax.axvline(found.threshold, color=TEXT, lw=1.2, ls="--", label="threshold")
    ax.set_xscale("log" if wide else "linear")
    ax.set_xlabel("score", color=TEXT)
    ax.set_ylabel("% of examples", color=TEXT)
    frame(ax, TEXT)
    ax.legend(frameon=False, labelcolor=TEXT)
    return figure
