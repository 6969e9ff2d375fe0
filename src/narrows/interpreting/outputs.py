"""Outputs that are attributed to the input: labels, before the loss's `predict`, or code units."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from narrows.encoding.codes import inputs_of
from narrows.errors import UserError, nearest
from narrows.interpreting.analysis import Analysis
from narrows.losses.logistic import Logistic
from narrows.report.text import clean
from narrows.tasks.multi_label import MultiLabel

# Outputs that are attributed where none is named.
_MOST = 6


class Output(NamedTuple):
    """One value that a run makes of an input.

    Attributes:
        name: of the label or code unit.
        title: the name as people read it.
        kind: what the value is.
        place: among all of its kind.
        forward: makes all of its kind, (n, outputs), of inputs.
    """

    name: str
    title: str
    kind: str
    place: int
    forward: Callable[[Tensor], Tensor]


def choose_outputs(analysis: Analysis, asked: str | None) -> list[Output]:
    """Return the outputs that are asked for; else the most frequent labels, or units.

    Args:
        analysis: of the run.
        asked: names with commas; None for a choice.

    Raises:
        UserError: for a name that is neither a label that was learned nor a code unit.
    """
    units, labels = _units(analysis), _labels(analysis)
    if asked is not None:
        known = {output.name: output for output in units + labels}
        return [_named(name.strip(), known) for name in asked.split(",")]
    if not isinstance(analysis.module.task, MultiLabel):
        return [units[place] for place in analysis.order[:_MOST]]
    source, columns = analysis.source, analysis.module.task.columns
    if not source.known.any():
        return labels[:_MOST]
    counts = source.y[source.known][:, columns].sum(0, dtype=np.int64)
    return [labels[place] for place in np.argsort(-counts, kind="stable")[:_MOST].tolist()]


@torch.no_grad()
def values_of(output: Output, analysis: Analysis) -> np.ndarray:
    """Return an output for all examples of the source, (s,)."""
    batches = analysis.source.data.batches()
    parts = [output.forward(inputs_of(analysis.module, batch)) for batch in batches]
    return torch.cat(parts)[:, output.place].numpy()


def _named(name: str, known: dict[str, Output]) -> Output:
    if name not in known:
        raise UserError(f"outputs={name} is no label or code unit{nearest(name, known)}")
    return known[name]


def _labels(analysis: Analysis) -> list[Output]:
    module = analysis.module
    if not isinstance(module.task, MultiLabel):
        return []
    kind = "logit" if isinstance(module.loss, Logistic) else "output"
    return [
        Output(name, f"label “{clean(name)}”", kind, place, module)
        for place, name in enumerate(module.task.labels)
    ]


def _units(analysis: Analysis) -> list[Output]:
    def forward(inputs: Tensor) -> Tensor:
        return analysis.module.encoder(inputs).flatten(1)

    return [Output(name, name, "", place, forward) for place, name in enumerate(analysis.units)]
