"""A panel for each output: its attributions as maps over images, or as bars of named values."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from narrows.interpreting.analysis import Analysis
from narrows.interpreting.attribution import attribute
from narrows.interpreting.formatting import Formatter, ShownExample
from narrows.interpreting.images import attribution_png, mean_attribution_png
from narrows.interpreting.inputs import inputs_at
from narrows.interpreting.outputs import Output, values_of
from narrows.interpreting.sampling import random_rows
from narrows.progress import Display
from narrows.report.text import number

# Examples with the largest output that are shown; others, drawn at random, for the mean; values
# that are named.
_EXAMPLES, _AVERAGED, _BARS = 4, 64, 8


class Bar(NamedTuple):
    """A value of the input and its attribution.

    Attributes:
        name: of the value.
        given: what it is; '' for the mean over examples.
        told: the attribution.
        share: of the largest one, -1 to 1.
    """

    name: str
    given: str
    told: str
    share: float


class Explained(NamedTuple):
    """Attributions of one output for one example.

    Attributes:
        example: which.
        output: of it, in words.
        picture: attributions as a map, a data: URI; '' if there are bars.
        bars: of the values with the largest ones.
    """

    example: ShownExample
    output: str
    picture: str
    bars: list[Bar]


class AttributionPanel(NamedTuple):
    """What the page shows of one output.

    Attributes:
        output: which.
        mean_picture: mean absolute attributions as a map, a data: URI; '' if there are bars.
        mean_bars: of the values with the largest ones.
        examples: those with the largest output.
        error: by how much attributions miss an output's change, at most, as a share of the largest
            change.
    """

    output: Output
    mean_picture: str
    mean_bars: list[Bar]
    examples: list[Explained]
    error: float


def make_attribution_panels(
    analysis: Analysis, formatter: Formatter, outputs: list[Output], baseline: Tensor, seed: int
) -> list[AttributionPanel]:
    """Return a panel for each of the chosen outputs.

    Args:
        analysis: of the run.
        formatter: of examples.
        outputs: the chosen ones.
        baseline: the input that attributions start from, (*shape).
        seed: of the examples that are averaged over.
    """
    averaged = random_rows(len(analysis.source.data), _AVERAGED, seed).tolist()
    panels = list[AttributionPanel]()
    with Display("attribution", len(outputs), "outputs") as bar:
        for output in outputs:
            panels.append(_panel(analysis, formatter, output, baseline, averaged))
            bar.show(len(panels))
    return panels


def _panel(
    analysis: Analysis, formatter: Formatter, output: Output, baseline: Tensor, averaged: list[int]
) -> AttributionPanel:
    values = values_of(output, analysis)
    top = np.argsort(-values, kind="stable")[:_EXAMPLES].tolist()
    x = inputs_at(analysis.module, analysis.source, top + averaged)
    made = attribute(output.forward, x, baseline, output.place)
    mean = made.values[len(top) :].abs().mean(0)
    is_image = formatter.spec.kind == "image"
    examples = [
        Explained(
            formatter.example(analysis.source, row),
            f"{number(float(values[row]), 3)}, {_signed(float(change))} from the baseline",
            attribution_png(given, of) if is_image else "",
            [] if is_image else _bars(formatter, of, given),
        )
        for row, given, of, change in zip(top, x, made.values, made.change, strict=False)
    ]
    largest = float(made.change.abs().max())
    return AttributionPanel(
        output,
        mean_attribution_png(mean) if is_image else "",
        [] if is_image else _bars(formatter, mean),
        examples,
        float(made.delta.abs().max()) / largest if largest else 0.0,
    )


def _bars(formatter: Formatter, values: Tensor, given: Tensor | None = None) -> list[Bar]:
    order = values.abs().argsort(descending=True, stable=True)[:_BARS].tolist()
    largest = float(values.abs().max())
    told = number if given is None else _signed
    return [
        Bar(
            formatter.name(place),
            "" if given is None else formatter.value(place, float(given[place])),
            told(float(values[place]), 3),
            float(values[place]) / largest,
        )
        for place in order
        if values[place]
    ]


def _signed(value: float, digits: int = 3) -> str:
    return f"{'+' if value >= 0 else ''}{number(value, digits)}"
