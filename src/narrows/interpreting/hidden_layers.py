"""Dead units in the encoder's hidden layers: what a non-linearity gives, and whether it varies."""

from typing import NamedTuple, get_args

import numpy as np
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from narrows.activations import activation
from narrows.encoding.codes import codes_of
from narrows.fields import Activation
from narrows.interpreting.dimension import dead_units
from narrows.interpreting.sampling import Sample
from narrows.module import Module

_NONLINEAR = tuple(type(activation(name)) for name in get_args(Activation) if name != "identity")


class HiddenLayer(NamedTuple):
    """How many units a layer has, and how many of them are dead."""

    units: int
    dead: int


def hidden_layers(module: Module, sample: Sample, share: float) -> list[HiddenLayer]:
    """Return the encoder's hidden layers, from the input on.

    The units of a convolution are its channels, each place of each example being an observation.

    Args:
        module: of the run.
        sample: training examples.
        share: of the largest standard deviation in the layer, below which a unit is dead.
    """
    scalers = dict[nn.Module, StandardScaler]()

    def note(layer: nn.Module, _: tuple[Tensor], output: Tensor) -> None:
        rows = output.movedim(1, -1).flatten(0, -2)
        scalers.setdefault(layer, StandardScaler()).partial_fit(rows.double().numpy())

    layers = [layer for layer in module.encoder.modules() if isinstance(layer, _NONLINEAR)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    for _ in codes_of(module, sample.data):
        pass
    for hook in hooks:
        hook.remove()
    deviations = [np.sqrt(np.asarray(scaler.var_)) for scaler in scalers.values()]
    return [HiddenLayer(len(d), int(dead_units(d, share).sum())) for d in deviations]
