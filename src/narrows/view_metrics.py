"""Measures of outputs for two views of each example, over the whole split.

All are of directions, z / ‖z‖: of pretraining without a target they say whether views of one
example come together, and whether examples stay apart.
"""

import torch
from torch import Tensor
from torch.nn.functional import normalize
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat

from narrows.metrics import MeanOverExamples

# Rows of the matrix of all pairs that are in memory at once.
_BLOCK = 1024


class Alignment(MeanOverExamples):
    """Mean squared distance of the two views of an example (Wang and Isola 2020), 0 to 4."""

    def of_each(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the squared distances, (batch, p), of views (batch, 2, p)."""
        z = normalize(prediction.float(), dim=2)
        return (z[:, 0] - z[:, 1]).square()


class _OverPairs(Metric):
    """Keeps the directions of all outputs."""

    full_state_update = False
    directions: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("directions", [], dist_reduce_fx="cat")

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Add a batch, (batch, 2, p)."""
        self.directions.append(normalize(prediction.float(), dim=2))

    def _views(self) -> tuple[Tensor, Tensor]:
        """Return the directions of all first views and of all second ones, (n, p) each."""
        first, second = dim_zero_cat(self.directions).unbind(1)
        return first, second


class Uniformity(_OverPairs):
    """log of the mean of exp(−2 ‖z_i − z_j‖²) over pairs of examples (Wang and Isola 2020).

    0 if all outputs are one, about −4 if they are spread evenly over a sphere of many dimensions.
    Of each example the first view counts.
    """

    higher_is_better = False

    def compute(self) -> Tensor:
        """Return the value over all pairs of examples seen."""
        z, _ = self._views()
        n = len(z)
        # ‖z_i − z_j‖² = 2 − 2 cos; a view with itself has exp(0) = 1.
        sums = [(4 * (rows @ z.T - 1)).exp().sum(dtype=torch.float64) for rows in z.split(_BLOCK)]
        return ((torch.stack(sums).sum() - n) / (n * (n - 1))).log().float()


class Matched(_OverPairs):
    """Share of examples whose first view is nearer to their own second view than to any other."""

    higher_is_better = True

    def compute(self) -> Tensor:
        """Return the share of all examples seen."""
        first, second = self._views()
        nearest = torch.cat([(rows @ second.T).argmax(1) for rows in first.split(_BLOCK)])
        return (nearest == torch.arange(len(first), device=first.device)).float().mean()
