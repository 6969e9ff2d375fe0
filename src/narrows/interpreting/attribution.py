"""Attribution of an output to the input by integrated gradients (Sundararajan et al. 2017)."""

import importlib
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from narrows.errors import UserError
from narrows.loading import evaluation_batch

# Points between the baseline and an input at which gradients are taken, and how many of them, of
# all inputs, are worked on at once.
STEPS, _AT_ONCE = 64, 256


class Attribution(NamedTuple):
    """Of one output, for n inputs.

    Attributes:
        values: (n, *shape): of each value of an input, how much of the output's change is its.
        change: (n,) of the output, from the baseline to the input.
        delta: (n,) the sum of `values` less `change`: 0 but for the steps' rounding (completeness).
    """

    values: Tensor
    change: Tensor
    delta: Tensor


def check_package() -> None:
    """Check that captum is there.

    Raises:
        UserError: if it is not.
    """
    try:
        importlib.import_module("captum")
    except ImportError as error:
        raise UserError(
            "narrows interpret needs the package captum; pip install 'narrows[interpret]'"
        ) from error


def attribute(
    forward: Callable[[Tensor], Tensor], x: Tensor, baseline: Tensor, output: int
) -> Attribution:
    """Return integrated gradients of one output.

    Args:
        forward: makes outputs, (n, outputs), of inputs; nothing in it may be random.
        x: inputs, (n, *shape).
        baseline: the input that they are compared with, (*shape).
        output: its place.
    """
    # Half a second to import.
    from captum.attr import IntegratedGradients

    # Of large images, as few are in memory at once as in an evaluation.
    size = min(_AT_ONCE, evaluation_batch(x.shape[1:]))
    found = [
        IntegratedGradients(forward).attribute(
            part.clone().requires_grad_(),
            baseline[None],
            target=output,
            n_steps=STEPS,
            internal_batch_size=size,
        )
        for part in x.split(size)
    ]
    values = torch.cat(found).detach().float()
    with torch.no_grad():
        reached = torch.cat([forward(part)[:, output] for part in x.split(size)])
        change = reached - forward(baseline[None])[:, output]
    return Attribution(values, change, values.flatten(1).sum(1) - change)
