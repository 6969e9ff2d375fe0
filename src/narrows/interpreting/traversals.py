"""Latent traversals: what the decoder makes of a code of which one unit is changed."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from narrows.encoding.codes import decoded, gives_back, inputs_of
from narrows.errors import UserError
from narrows.interpreting.analysis import Analysis
from narrows.interpreting.options import Start
from narrows.loading import PackedDataset
from narrows.module import Module

# Of the training examples' values, in per cent.
QUANTILES = (1, 10, 25, 50, 75, 90, 99)


class Traversal(NamedTuple):
    """One unit, set to quantiles of its values.

    Attributes:
        values: of the unit, (quantiles,).
        outputs: what is decoded, (quantiles, *shape), in the target's units.
    """

    values: np.ndarray
    outputs: Tensor


def why_not(module: Module) -> str:
    """Return why a run's codes cannot be decoded to examples; '' if they can."""
    if gives_back(module):
        return ""
    made = "labels" if module.task.needs_labels else "something else"
    return f"The decoder makes {made} of a code, not the example, so that there are no traversals"


def start_code(analysis: Analysis, start: Start) -> Tensor:
    """Return the code that traversals start from, (m,).

    Raises:
        UserError: if there is no such row of the training part.
    """
    if start == "mean":
        return torch.from_numpy(analysis.train_codes.mean(0)).float()
    train = PackedDataset.open(analysis.data, "train")
    if start >= len(train):
        raise UserError(f"start={start}: rows of the training part are 0 to {len(train) - 1}")
    batch = next(train.subset(torch.tensor([start])).batches())
    return analysis.module.encode(inputs_of(analysis.module, batch)).flatten()


def traverse(analysis: Analysis, start: Tensor, unit: int) -> Traversal:
    """Return what is decoded from a code, (m,), one unit of it set to its quantiles."""
    values = np.percentile(analysis.train_codes[:, unit], QUANTILES)
    codes = start.repeat(len(QUANTILES), 1)
    codes[:, unit] = torch.from_numpy(values).float()
    return Traversal(values, decoded(analysis.module, codes))


def most_changed(outputs: Tensor, most: int) -> list[int]:
    """Return the places of outputs, (quantiles, d), that differ most between first and last."""
    change = (outputs[-1] - outputs[0]).abs()
    return torch.argsort(change, descending=True, stable=True)[:most].tolist()
