"""Predictions of labels with everything that makes trouble: ties, empty rows, empty columns."""

import torch
from torch import Tensor


def some(n: int = 80, k: int = 6, seed: int = 0, digits: int = 1) -> tuple[Tensor, Tensor]:
    """Return predictions that agree with the labels somewhat, and the labels.

    With six labels or more the first is of no example and the last of all; four examples or more
    have no other label but the last.
    """
    generator = torch.Generator().manual_seed(seed)
    prediction = torch.rand(n, k, generator=generator).round(decimals=digits)
    target = (torch.rand(n, k, generator=generator) < 0.1 + 0.5 * prediction).float()
    if k >= 6:
        target[:, 0], target[:, -1] = 0, 1
        target[:4, :-1] = 0
    return prediction, target
