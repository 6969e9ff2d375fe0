"""How far the decoder's output moves with each value of a code."""

from collections.abc import Callable

import torch
from torch import Tensor

_PROBES = 8
_BATCH = 256


def sensitivity(decode: Callable[[Tensor], Tensor], codes: Tensor, seed: int = 0) -> Tensor:
    """Return s_j, the root mean square over codes of ‖∂x̂/∂z_j‖: (n, m) to (m,).

    An error ε in z_j adds about s_j² ε² to the squared error of the output. For random signs v the
    mean of (vᵀ ∂x̂/∂z_j)² is ‖∂x̂/∂z_j‖² (Hutchinson 1990), so that one pass back gives an
    estimate for all values of the code at once.

    Args:
        decode: gives outputs, (n, ...), differentiably.
        codes: of some examples.
        seed: of the signs.
    """
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(codes.shape[1], dtype=torch.float64)
    for block in codes.split(_BATCH):
        z = block.detach().clone().requires_grad_()
        output = decode(z).flatten(1)
        for _ in range(_PROBES):
            signs = torch.randint(0, 2, output.shape, generator=generator) * 2.0 - 1
            (gradient,) = torch.autograd.grad((output * signs).sum(), z, retain_graph=True)
            total += gradient.double().square().sum(0)
    return (total / (len(codes) * _PROBES)).sqrt()
