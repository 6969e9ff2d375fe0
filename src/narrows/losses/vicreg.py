"""VICReg (Bardes et al. 2022): views alike, values that vary, and that vary independently."""

import torch
from pydantic import NonNegativeFloat
from torch import Tensor

# Keeps the slope of the standard deviation finite, ε of equation 1.
_EPSILON = 1e-4


class VICReg:
    """loss = λ s + μ (v(Z) + v(Z′)) + ν (c(Z) + c(Z′)) for outputs Z, Z′ of the two views.

    s is the mean squared difference of an example's views; v the mean over the p values of
    max(0, 1 − standard deviation); c the sum of squared covariances of two different values,
    divided by p (algorithm 1 of the paper). s belongs to an example, v and c to the batch, or to
    the process's part of it: each example has them in full, so that the mean over examples is the
    paper's loss.

    Args:
        invariance: λ.
        variance: μ.
        covariance: ν.
    """

    unit_targets = False
    views = True

    def __init__(
        self,
        invariance: NonNegativeFloat = 25.0,
        variance: NonNegativeFloat = 25.0,
        covariance: NonNegativeFloat = 1.0,
    ) -> None:
        self.invariance, self.variance, self.covariance = invariance, variance, covariance

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each example: (batch, 2, p) to (batch,); the target is not used."""
        del target
        s = (output[:, 0] - output[:, 1]).square().mean(1)
        centred = output - output.mean(0)
        # A batch of one varies in nothing; it must not be divided by 0.
        covariances = torch.einsum("nvi,nvj->vij", centred, centred) / max(len(output) - 1, 1)
        deviation = (covariances.diagonal(dim1=1, dim2=2) + _EPSILON).sqrt()
        v = (1 - deviation).relu().mean(1).sum()
        p = output.shape[2]
        itself = torch.eye(p, dtype=torch.bool, device=output.device)
        c = covariances.masked_fill(itself, 0).square().sum() / p
        return self.invariance * s + self.variance * v + self.covariance * c

    def predict(self, output: Tensor) -> Tensor:
        """Return the output itself."""
        return output
