"""Thresholds that maximize F1 on the examples that they are chosen on: the validation part's.

With calibrated probabilities the best threshold is half the best F1 (Lipton et al. 2014), so for
rare labels it lies far below 1/2.
"""

import torch
from torch import Tensor

from narrows.measuring.ranking import Ranking, ranked

HALF = 0.5


def best_thresholds(scores: Tensor, target: Tensor) -> Tensor:
    """Return for each row of scores, (rows, m), the threshold above which F1 is largest.

    It lies in the middle between the last score above it and the next lower one; if all are above
    it, between the lowest and 0. Of equally good ones it is the highest. A row without a positive
    has 1/2.

    Returns:
        (rows,), float64: between two scores next to each other there may be no float32.
    """
    ranking = ranked(scores, target)
    positives = ranking.positives[:, None]
    f1 = 2 * ranking.hits.double() / (ranking.rank + positives)
    thresholds = _below(ranking, f1.argmax(1, keepdim=True))
    return torch.where(positives > 0, thresholds, HALF).squeeze(1)


def _below(ranking: Ranking, place: Tensor) -> Tensor:
    """Return a threshold for each row, below the score at `place`, (rows, 1), and no other."""
    scores = ranking.scores.double()
    after = ranking.rank.gather(1, place)
    score = scores.gather(1, place)
    lowest = torch.where(score > 0, score / 2, score - 1)
    following = scores.gather(1, after.clamp_max(scores.shape[1] - 1))
    return torch.where(after < scores.shape[1], (score + following) / 2, lowest)


def exceed(prediction: Tensor, thresholds: Tensor | float) -> Tensor:
    """Return which predictions, (n, k), are above their thresholds, one or (k,).

    A prediction that is equal to its threshold is no positive, as in torchmetrics.
    """
    return prediction.double() > thresholds
