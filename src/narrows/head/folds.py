"""Stratified folds for each label."""

import torch
from torch import Tensor

from narrows.randomness import permutation


def stratified_folds(y: Tensor, folds: int, seed: int) -> Tensor:
    """Return which fold holds each example out, (k, n), for each label on its own.

    In one random order, the positives are dealt to the folds in turn and then the negatives: each
    fold has as many of both as any other, or one more or less, and sizes differ by one at most.
    A label with fewer positives than folds has one in each of as many folds, and none in the
    others. With two of both kinds or more, what is not held out always has both.

    Args:
        y: labels, (k, n), 0 or 1.
        folds: how many.
        seed: of the order, which is the same for all labels.
    """
    order = permutation(y.shape[1], seed).to(y.device)
    positive = y[:, order] > 0
    negatives_before = (~positive).cumsum(1) - 1
    turn = torch.where(
        positive, positive.cumsum(1) - 1, positive.sum(1, keepdim=True) + negatives_before
    )
    result = torch.empty_like(turn)
    result[:, order] = turn % folds
    return result
