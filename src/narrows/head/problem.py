"""Many logistic regressions on the same codes: objective and gradient of each."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import softplus


@dataclass(frozen=True)
class Problem:
    """For each of c columns Σ_i s_i [log(1 + exp(f_i)) − y_i f_i] + ½ Σ_j ridge_j p_j², f = Z p.

    A column is a label, or a label without the examples of one fold. All is in float64.

    Attributes:
        codes: Z, (n, m + 1), the last column being ones, so that p = (v, b).
        y: (c, n), 0 or 1.
        ridge: (c, m + 1), the last column being 0: b is not penalized.
        weight: s of the examples, (c, n); None if all are 1.
    """

    codes: Tensor
    y: Tensor
    ridge: Tensor
    weight: Tensor | None = None

    def logits(self, p: Tensor) -> Tensor:
        """Return f, (c, n), for the parameters p, (c, m + 1)."""
        return p @ self.codes.T

    def value(self, p: Tensor, f: Tensor) -> Tensor:
        """Return each column's objective, (c,), from p and its logits."""
        return self.weighted(losses(f, self.y)).sum(1) + (self.ridge * p.square()).sum(1) / 2

    def gradient(self, p: Tensor, mean: Tensor) -> Tensor:
        """Return each column's gradient, (c, m + 1), from p and sigmoid(f)."""
        return self.weighted(mean - self.y) @ self.codes + self.ridge * p

    def curvature(self, mean: Tensor) -> Tensor:
        """Return the second derivative of each example's loss, (c, n)."""
        return self.weighted(mean * (1 - mean))

    def weighted(self, values: Tensor) -> Tensor:
        """Return values, (c, n), times the examples' weights."""
        return values if self.weight is None else values * self.weight

    def columns(self, which: Tensor) -> "Problem":
        """Return the problem of some columns alone; `which` is a mask or holds indices."""
        weight = None if self.weight is None else self.weight[which]
        return replace(self, y=self.y[which], ridge=self.ridge[which], weight=weight)

    def float(self) -> "Problem":
        """Return the problem in float32."""
        weight = None if self.weight is None else self.weight.float()
        return Problem(self.codes.float(), self.y.float(), self.ridge.float(), weight)

    def sample(self, stride: int) -> "Problem":
        """Return the problem on every stride-th example, the penalty having the same say."""
        weight = None if self.weight is None else self.weight[:, ::stride]
        codes, y = self.codes[::stride].contiguous(), self.y[:, ::stride].contiguous()
        return Problem(codes, y, self.ridge / stride, weight)


def losses(f: Tensor, y: Tensor) -> Tensor:
    """Return log(1 + exp(f)) − y f of each example."""
    return softplus(f) - y * f


def with_ones(z: Tensor) -> Tensor:
    """Return codes, (n, m), with a column of ones: (n, m + 1)."""
    return torch.cat([z, z.new_ones(len(z), 1)], 1)


def ridge_of(penalty: Tensor, m: int) -> Tensor:
    """Return `Problem.ridge`, (c, m + 1), for each column's penalty, (c,)."""
    ridge = penalty[:, None].repeat(1, m + 1)
    ridge[:, -1] = 0
    return ridge
