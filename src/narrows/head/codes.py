"""A head on codes of any scale: solved on standardized ones, given for the codes as they are."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from narrows.head.fit import ClassWeight, Head, exact_device, fit_head, gradient_at
from narrows.head.penalty import CrossValidation

# A code that varies less than this many float32 roundings is a constant.
_ROUNDINGS = 10


@dataclass(frozen=True)
class StandardizedHead(Head):
    """Solution of `fit_standardized`, in float64.

    Attributes:
        stored_gradient: as `gradient`, but at v and b rounded to float32, as a model stores them.
    """

    stored_gradient: Tensor


def fit_standardized(
    z: Tensor,
    y: Tensor,
    penalty: float | CrossValidation,
    class_weight: ClassWeight | None = None,
    tolerance: float = 1e-8,
    max_steps: int = 100,
) -> StandardizedHead:
    """Return V and b of f = V z + b, the penalty being on the weights of standardized codes.

    Codes are standardized with these examples' mean and standard deviation, so that one penalty
    suits every encoder; V and b take both up. The gradients are those of the standardized problem.
    Codes that are constant up to rounding get weight 0: standardized they would be noise, and their
    weights so large that logits in float32 lose all digits.

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
    # Codes are sums in float32: they are rounded relative to themselves, and to the largest.
    rounding = torch.finfo(torch.float32).eps * torch.maximum(mean.abs(), deviation.max())
    scale = torch.where(deviation > _ROUNDINGS * rounding, 1 / deviation, 0.0)
    codes = (z - mean) * scale
    head = fit_head(codes, y, penalty, class_weight, tolerance, max_steps)
    v = head.v * scale
    b = head.b - v @ mean
    stored, intercept = v.float().double(), b.float().double()
    kept = replace(head, v=stored * deviation, b=intercept + stored @ mean)
    return StandardizedHead(
        v, b, head.gradient, head.penalty, gradient_at(codes, y, kept, class_weight)
    )
