"""First-layer filters: what each unit of the first layer weighs of the input."""

from math import prod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from narrows.encoders import pca
from narrows.interpreting.formatting import Formatter
from narrows.interpreting.images import weights_png
from narrows.interpreting.inputs import Moments
from narrows.module import Module
from narrows.report.text import number

_PICTURES, _LISTS, _WEIGHTS = 64, 16, 5


class Filter(NamedTuple):
    """A unit of the first layer.

    Attributes:
        name: of it.
        picture: of its weights, a data: URI; '' if they belong to named values.
        positive: names and weights of the largest ones above 0.
        negative: those of the smallest below 0.
    """

    name: str
    picture: str
    positive: list[tuple[str, str]]
    negative: list[tuple[str, str]]


class Filters(NamedTuple):
    """Filters of the first layer, those with the largest weights first.

    Attributes:
        shown: some of them.
        total: how many there are.
        patch: size of the patch that each sees, such as '3 × 3'; '' if it sees all of the input.
    """

    shown: list[Filter]
    total: int
    patch: str


def make_filters(module: Module, moments: Moments, formatter: Formatter) -> Filters | None:
    """Return the filters as the page shows them; None if the first layer is not linear."""
    weights = first_layer(module.encoder, moments)
    if weights is None:
        return None
    norms = weights.flatten(1).norm(dim=1)
    order = torch.argsort(norms, descending=True, stable=True).tolist()
    if module.spec.kind == "image":
        shown = [Filter(f"unit {i}", weights_png(weights[i]), [], []) for i in order[:_PICTURES]]
    else:
        shown = [_named(i, weights[i], formatter) for i in order[:_LISTS]]
    patch = "" if weights.shape[1:] == moments.mean.shape else "{} × {}".format(*weights.shape[2:])
    return Filters(shown, len(weights), patch)


def first_layer(encoder: nn.Module, moments: Moments) -> Tensor | None:
    """Return the weights of an encoder's first layer; None if that is no linear map of the input.

    Those of a unit that sees all of the input, (units, *shape), are times the deviation of the
    value that they are on: what is always the same, such as a black border, moves no unit, and its
    weights stay as they were drawn. Those of a convolution are (units, C, h, w).
    """
    mean, deviation = moments
    if isinstance(encoder, pca.Encoder):
        return encoder.weight.detach().unflatten(1, mean.shape) * deviation
    layer = _layer_on(encoder, mean[None])
    if isinstance(layer, nn.Conv2d):
        return layer.weight.detach()
    if isinstance(layer, nn.Linear) and layer.in_features == prod(mean.shape):
        return layer.weight.detach().unflatten(1, mean.shape) * deviation
    return None


@torch.no_grad()
def _layer_on(encoder: nn.Module, x: Tensor) -> nn.Module | None:
    """Return the linear map or convolution that is given the input as it is."""
    found = list[nn.Module]()

    def note(layer: nn.Module, given: tuple[Tensor]) -> None:
        if torch.equal(given[0].flatten(), x.flatten()):
            found.append(layer)

    layers = [m for m in encoder.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    encoder(x)
    for hook in hooks:
        hook.remove()
    return found[0] if found else None


def _named(unit: int, weights: Tensor, formatter: Formatter) -> Filter:
    order = torch.argsort(weights, descending=True, stable=True).tolist()
    ends = (order[:_WEIGHTS], order[: -_WEIGHTS - 1 : -1])
    positive, negative = (
        [(formatter.name(j), number(float(weights[j]), 2)) for j in end if sign * weights[j] > 0]
        for end, sign in zip(ends, (1, -1), strict=True)
    )
    return Filter(f"unit {unit}", "", positive, negative)
