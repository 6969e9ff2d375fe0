"""The ridge penalty by cross-validation: held-out logistic loss along a path of penalties."""

from dataclasses import dataclass

import torch
from torch import Tensor

from narrows.head.folds import stratified_folds
from narrows.head.newton import minimize
from narrows.head.precondition import Axes
from narrows.head.problem import Problem, losses, ridge_of

# From strong to weak, half a power of ten apart; for codes of about unit variance.
GRID = tuple(10 ** (exponent / 2) for exponent in range(8, -5, -1))
# Values in one array of all columns at most: 32 MB.
_VALUES = 4_000_000
# On the gradient divided by n: held-out losses differ by much more.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class CrossValidation:
    """How a penalty is chosen.

    Attributes:
        folds: how many parts are held out in turn, ≥ 2.
        seed: of the folds.
        shared: one penalty for all labels, of the least sum of their losses; else one for each.
    """

    folds: int = 5
    seed: int = 0
    shared: bool = False

    def choose(self, codes: Tensor, y: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return the penalty of `GRID` with the least held-out loss, for each label, (k,).

        A label with fewer than two positives or two negatives cannot be held out and learned too.
        It takes the penalty that is best for the others together; if there are none, the
        strongest.

        Args:
            codes: (n, m + 1), the last column being ones.
            y: labels, (k, n), 0 or 1.
            weight: of the examples, (k, n), in the fit and in the held-out loss.
        """
        grid = codes.new_tensor(GRID)
        positives = y.sum(1)
        usable = (positives >= 2) & (positives <= y.shape[1] - 2)
        if not usable.any():
            return grid[:1].repeat(len(y))
        weight = None if weight is None else weight[usable]
        held_out = held_out_losses(codes, y[usable], weight, self.folds, self.seed)
        result = grid[held_out.sum(0).argmin()].repeat(len(y))
        if not self.shared:
            result[usable] = grid[held_out.argmin(1)]
        return result


def held_out_losses(
    codes: Tensor, y: Tensor, weight: Tensor | None, folds: int, seed: int
) -> Tensor:
    """Return each label's logistic loss on the examples held out, at each penalty: (k, penalties).

    Sums over all examples, each having been held out once.
    """
    axes = Axes.of(codes)
    fold = stratified_folds(y, folds, seed)
    labels = max(1, _VALUES // (folds * y.shape[1]))
    parts = range(0, len(y), labels)
    weights = [None] * len(parts) if weight is None else weight.split(labels)
    return torch.cat(
        [
            _path(codes, axes, y[i : i + labels], w, fold[i : i + labels], folds)
            for i, w in zip(parts, weights, strict=True)
        ]
    )


def _path(
    codes: Tensor, axes: Axes, y: Tensor, weight: Tensor | None, fold: Tensor, folds: int
) -> Tensor:
    """Solve all folds of all labels at once, each penalty from the solution of the one before."""
    k, n = y.shape
    held = fold[:, None, :] == torch.arange(folds, device=y.device)[:, None]
    weights = codes.new_ones(k, n) if weight is None else weight
    learned = (weights[:, None, :] * ~held).flatten(0, 1)
    columns = y.repeat_interleave(folds, 0)
    p = codes.new_zeros(len(columns), codes.shape[1])
    found = []
    for penalty in GRID:
        ridge = ridge_of(p.new_full((len(p),), penalty), codes.shape[1] - 1)
        problem = Problem(codes, columns, ridge, learned)
        p = minimize(problem, p, axes, _TOLERANCE).p
        loss = losses(problem.logits(p), columns).view(k, folds, n)
        found.append((loss * held * weights[:, None, :]).sum((1, 2)))
    return torch.stack(found, 1)
