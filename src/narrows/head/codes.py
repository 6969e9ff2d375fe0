"""A head on codes of any scale: solved on standardized ones, given for the codes as they are."""

from dataclasses import replace

import torch
from torch import Tensor

from narrows.head.fit import ClassWeight, Head, exact_device, fit_head
from narrows.head.penalty import CrossValidation


def fit_standardized(
    z: Tensor,
    y: Tensor,
    penalty: float | CrossValidation,
    class_weight: ClassWeight | None = None,
    tolerance: float = 1e-8,
    max_steps: int = 100,
) -> Head:
    """Return V and b of f = V z + b, the penalty being on the weights of standardized codes.

    Codes are standardized with these examples' mean and standard deviation, so that one penalty
    suits every encoder; V and b take both up. The gradient is that of the standardized problem.

    Args:
        z: codes, (n, m).
        y: labels, (n, k), 0 or 1.
        penalty: as for `fit_head`, and so are the others.
        class_weight: of the examples.
        tolerance: on the gradient.
        max_steps: at most.
    """
    z = z.to(exact_device(z.device)).double()
    mean, deviation = z.mean(0), z.std(0, correction=0)
    deviation = torch.where(deviation > 1e-12, deviation, 1.0)
    head = fit_head((z - mean) / deviation, y, penalty, class_weight, tolerance, max_steps)
    v = head.v / deviation
    return replace(head, v=v, b=head.b - v @ mean)
