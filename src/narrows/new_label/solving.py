"""The new label's weights on a fixed encoder: a convex problem, solved exactly."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torchmetrics.functional.classification import binary_average_precision

from narrows.head import fit_standardized
from narrows.head.folds import stratified_folds
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.randomness import derive
from narrows.sparse import SparseRows

TOLERANCE = 1e-8
FOLDS = 5


@dataclass(frozen=True)
class Solution:
    """One label's weights.

    Attributes:
        v: (1, m) float64, on codes as they are.
        b: (1,) float64.
        gradient: largest absolute value at the solution in float64, before rounding to float32,
            divided by the number of examples.
        stored_gradient: the same at the weights rounded to float32, as a model stores them.
    """

    v: Tensor
    b: Tensor
    gradient: float
    stored_gradient: float


def codes_of(module: Module, x: Tensor | SparseRows) -> Tensor:
    """Return the codes of examples, (n, m) float32."""
    data = PackedDataset.unlabelled(x)
    return torch.cat([module.encode(batch.x).flatten(1) for batch in data.batches()])


def solve(z: Tensor, y: Tensor, penalty: float) -> Solution:
    """Minimize the logistic loss of one label, with a penalty on its weights.

    Args:
        z: codes, (n, m).
        y: (n,), 0 or 1.
        penalty: on ‖v‖² / 2 of the standardized codes.
    """
    head = fit_standardized(z, y[:, None], penalty, tolerance=TOLERANCE)
    return Solution(head.v, head.b, float(head.gradient.max()), float(head.stored_gradient.max()))


def cross_validated(
    z: Tensor, y: Tensor, numbers: Tensor, penalty: float, seed: int
) -> float | None:
    """Return the mean average precision on folds that the weights were not learned from.

    Each fold has the same share of positives among examples that differ. Equal ones are in one
    fold: one that was learned from says nothing of those that were not. None if fewer than two
    positives, or two negatives, differ.

    Args:
        z: codes, (n, m).
        y: (n,), 0 or 1.
        numbers: the same for equal examples, from 0 on, (n,).
        penalty: as for `solve`.
        seed: of the folds.
    """
    once = y.new_zeros(int(numbers.max()) + 1)
    once[numbers] = y
    folds = min(FOLDS, int(once.sum()), int((1 - once).sum()))
    if folds < 2:
        return None
    fold = stratified_folds(once[None], folds, derive(seed, "folds"))[0][numbers]
    precisions = []
    for number in range(folds):
        away = fold == number
        found = solve(z[~away], y[~away], penalty)
        scores = (z[away].double() @ found.v.T)[:, 0]
        precisions.append(binary_average_precision(scores, y[away].long()))
    return float(torch.stack(precisions).mean())
