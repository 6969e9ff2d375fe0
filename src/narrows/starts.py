"""First weights of a deep network: so that values neither fade nor grow from layer to layer."""

from torch import nn

from narrows.fields import Start

# Makes up for what a non-linearity such as GELU takes from the size of its input.
_GAIN = 1.6


def draw(network: nn.Module, kind: Start) -> None:
    """Draw the weights of linear maps and convolutions anew, unless torch's own are to stay.

    Args:
        network: its weights are drawn from torch's default generator.
        kind: 'scaled' for normal weights of variance gain² / inputs of a value (He et al. 2015) and
            biases of 0; 'torch' for what torch has drawn, which fades with depth.
    """
    if kind == "torch":
        return
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, std=_GAIN / _inputs(module) ** 0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _inputs(module: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    """Return how many values each value of the output is made of."""
    if isinstance(module, nn.ConvTranspose2d):
        # Its weight is (in, out, height, width), and its stride spreads the input out.
        kernel = module.weight.shape[2] * module.weight.shape[3]
        return module.weight.shape[0] * kernel / (module.stride[0] * module.stride[1])
    return module.weight[0].numel()
