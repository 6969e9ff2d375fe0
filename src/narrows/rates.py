"""Learning rates that differ from layer to layer."""

from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.optim import Optimizer


def decaying(encoder: nn.Module, decay: float) -> dict[nn.Parameter, float]:
    """Return factors of the learning rate that fall from the last layer to the first.

    The encoder's last layer of L has the factor decay, the first one decay^L: what is near the
    input is most general and changes least (Howard and Ruder 2018, section 3.2).

    Args:
        encoder: its layers are its modules that have parameters of their own, in order.
        decay: in (0, 1].
    """
    layers = [list(m.parameters(recurse=False)) for m in encoder.modules()]
    layers = [parameters for parameters in layers if parameters]
    return {
        parameter: decay ** (len(layers) - place)
        for place, parameters in enumerate(layers)
        for parameter in parameters
    }


def multiply_rates(optimizer: Optimizer, factors: Mapping[nn.Parameter, float]) -> None:
    """Give parameters with another factor a group of their own, before the first step.

    Args:
        optimizer: with any number of groups.
        factors: of parameters; 1 for all others.
    """
    groups: list[dict[str, Any]] = []
    for group in optimizer.param_groups:
        by_factor: dict[float, list[nn.Parameter]] = {}
        for parameter in group["params"]:
            by_factor.setdefault(factors.get(parameter, 1.0), []).append(parameter)
        groups += [
            {**group, "params": parameters, "lr": group["lr"] * factor}
            for factor, parameters in by_factor.items()
        ]
    optimizer.param_groups = groups
