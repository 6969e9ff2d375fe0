"""Measures of an order: average precision, ranking loss, coverage, precision at k.

torchmetrics has the first three too, but loops over labels or examples in Python, and its ranking
loss takes equal scores in the order in which they come. Here all rows are sorted at once, and equal
scores share the worst of their ranks, as in scikit-learn.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Ranking:
    """Rows of scores, each from the highest to the lowest.

    Attributes:
        scores: (rows, m), falling.
        relevant: (rows, m), whether the item at that place is relevant.
        rank: (rows, m), how many items have at least that score.
        hits: (rows, m), how many of these are relevant.
    """

    scores: Tensor
    relevant: Tensor
    rank: Tensor
    hits: Tensor

    @property
    def positives(self) -> Tensor:
        """Number of relevant items, (rows,)."""
        return self.relevant.sum(1)


def ranked(scores: Tensor, target: Tensor) -> Ranking:
    """Sort each row of scores, (rows, m), with its target, 0 or 1.

    Rows are labels for average precision, examples for measures such as the ranking loss.
    """
    # Stable, so that equal scores have one order on all machines.
    order = scores.contiguous().sort(dim=1, descending=True, stable=True)
    relevant = target.bool().gather(1, order.indices)
    rank = _rank_of_last_equal(order.values)
    hits = relevant.cumsum(1, dtype=torch.int32).gather(1, rank - 1)
    return Ranking(order.values, relevant, rank, hits)


def _rank_of_last_equal(scores: Tensor) -> Tensor:
    """Return for each place of falling rows the rank, from 1, of the last item with its score."""
    m = scores.shape[1]
    places = torch.arange(1, m + 1, device=scores.device).expand(scores.shape)
    last = scores.new_ones(scores.shape, dtype=torch.bool)
    last[:, :-1] = scores[:, :-1] != scores[:, 1:]
    if bool(last.all()):
        return places
    return torch.where(last, places, m).flip(1).cummin(1).values.flip(1)


def average_precision(ranking: Ranking) -> Tensor:
    """Return each row's average precision, (rows,): Σ over relevant items of precision, / number.

    Precision is that among all items with at least the item's score. nan without relevant items.
    """
    precision = (ranking.hits / ranking.rank).masked_fill_(~ranking.relevant, 0)
    return precision.sum(1) / ranking.positives


def label_ranking_average_precision(ranking: Ranking) -> Tensor:
    """Return the mean over examples of their average precision over labels.

    An example without a label counts 1, as in scikit-learn: no order of its labels is wrong.
    """
    return average_precision(ranking).nan_to_num(1.0).mean()


def ranking_loss(ranking: Ranking) -> Tensor:
    """Return the part of pairs (relevant, not relevant) in the wrong order, mean over examples.

    Equal scores are a wrong order. An example with no label or all labels counts 0 (Tsoumakas et
    al. 2010, "Mining multi-label data").
    """
    wrong = ((ranking.rank - ranking.hits) * ranking.relevant).sum(1)
    positives = ranking.positives
    pairs = positives * (ranking.rank.shape[1] - positives)
    return (wrong / pairs.clamp_min(1)).mean()


def coverage(ranking: Ranking) -> Tensor:
    """Return how far down the order one has to go to meet all relevant labels, mean over examples.

    It counts from 1; an example without a label counts 0. Both are scikit-learn's coverage_error.
    """
    return (ranking.rank * ranking.relevant).amax(1).float().mean()


def precision_at(ranking: Ranking, k: int) -> Tensor:
    """Return the part of the k first labels that is relevant, mean over examples.

    Of equal scores the earlier label comes first. An example with fewer than k labels cannot
    reach 1, one without a label has 0.
    """
    return ranking.relevant[:, :k].float().mean()
