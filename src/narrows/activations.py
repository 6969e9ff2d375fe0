"""The non-linearity h of z = h(W x), by name."""

from torch import nn

from narrows.fields import Activation

_MODULES: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


def activation(name: Activation) -> nn.Module:
    """Return a new module that computes h."""
    return _MODULES[name]()
