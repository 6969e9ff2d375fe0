"""Which labels come together: as predicted, as they do, and with that structure taken away."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from narrows.randomness import derive

# Rounding leaves less than this of values that are all the same.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Agreement:
    """How well predicted co-occurrence fits the observed one, over pairs of labels.

    Attributes:
        correlation: Pearson's, of co-occurrences; 0 if all pairs have the same prediction, nan if
            all have the same co-occurrence, as where no two labels ever come together.
        lift_error: mean of |predicted lift − observed lift|. Lift is co-occurrence over what
            independent labels would have, so 1 for these; each pair is weighted by the latter. nan
            without a pair.
    """

    correlation: float
    lift_error: float


def cooccurrence(y: Tensor) -> Tensor:
    """Return C_ab = Σ_i y_ia y_ib / n, (k, k), of labels or of their probabilities, (n, k).

    For probabilities p_i it is the expected co-occurrence if, given the code of an example, its
    labels are independent; what labels have in common must then be in the codes.
    """
    values = y.float()
    return values.T @ values / len(y)


def shuffled(y: Tensor, seed: int = 0) -> Tensor:
    """Return y, (n, k), with each label's column in an order of its own.

    Each label's values stay, so how frequent it is; what pairs have in common is gone.
    """
    columns = y.T.contiguous().cpu().numpy()
    generator = np.random.default_rng(derive(seed, "cooccurrence"))
    return torch.from_numpy(generator.permuted(columns, axis=1)).T


def agreement(prediction: Tensor, target: Tensor) -> Agreement:
    """Compare predicted with observed co-occurrence over all pairs of labels that the split has.

    Args:
        prediction: probabilities, (n, k).
        target: (n, k), 0 or 1.
    """
    present = target.sum(0) > 0
    p, y = prediction[:, present].float(), target[:, present].float()
    a, b = torch.triu_indices(p.shape[1], p.shape[1], offset=1)
    predicted, observed = cooccurrence(p)[a, b], cooccurrence(y)[a, b]
    return Agreement(
        _correlation(predicted, observed),
        _lift_error(predicted, observed, _independent(p)[a, b], _independent(y)[a, b]),
    )


def _independent(y: Tensor) -> Tensor:
    """Return the co-occurrence of independent labels that are as frequent."""
    mean = y.mean(0)
    return mean[:, None] * mean


def _correlation(predicted: Tensor, observed: Tensor) -> float:
    one, other = (v.double() - v.double().mean() for v in (predicted, observed))
    sizes = float(one.norm()), float(other.norm())
    if not sizes[1] > _NOTHING:
        return math.nan
    return float(one @ other) / (sizes[0] * sizes[1]) if sizes[0] > _NOTHING else 0.0


def _lift_error(
    predicted: Tensor, observed: Tensor, predicted_alone: Tensor, observed_alone: Tensor
) -> float:
    # A label that is never predicted goes with no other more than chance has it.
    lift = torch.where(predicted_alone > 0, predicted / predicted_alone, 1.0)
    return float((lift * observed_alone - observed).abs().sum() / observed_alone.sum())
