"""A threshold from the scores of normal examples alone."""

from math import ceil

import numpy as np

from narrows.errors import UserError

# So that 19 does not become 20 by rounding.
_ROUNDING = 1e-9


def threshold_of(scores: np.ndarray, false_alarms: float) -> float:
    """Return what a new normal example is above with a probability of `false_alarms`, at most.

    It is the k-th smallest of the n scores, k = ⌈(n + 1)(1 − α)⌉. Where these and the new one come
    in random order, the new one is as likely to have any place among all n + 1, so that P(s > t) is
    (n + 1 − k) / (n + 1) without ties: between α − 1/(n + 1) and α (Vovk et al. 2005, section 2).

    Args:
        scores: (n,) of normal examples that nothing was learned from.
        false_alarms: α.

    Raises:
        UserError: if there are too few scores for this share.
    """
    n = len(scores)
    place = ceil((n + 1) * (1 - false_alarms) - _ROUNDING)
    if place > n:
        least = ceil(1 / false_alarms - _ROUNDING) - 1
        raise UserError(
            f"false_alarms={false_alarms:g} takes {least} normal examples, but the model's "
            f"validation part has {n}; allow more false alarms, or train with a larger dataset.val"
        )
    return float(np.sort(scores)[place - 1])
