"""What goes into the encoder: its mean and deviation over examples."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from narrows.encoding.codes import inputs_of
from narrows.interpreting.sampling import Sample
from narrows.module import Module
from narrows.tasks.base import Batch


class Moments(NamedTuple):
    """Of each value of the encoder's input, (*shape).

    Attributes:
        mean: over the examples.
        deviation: standard deviation over them.
    """

    mean: Tensor
    deviation: Tensor


def input_moments(module: Module, sample: Sample) -> Moments:
    """Return mean and deviation of the inputs that are made of examples."""
    scaler, shape = StandardScaler(), torch.Size()
    for batch in sample.data.batches():
        x = inputs_of(module, batch)
        shape = x.shape[1:]
        scaler.partial_fit(x.flatten(1).double().numpy())
    mean, deviation = np.asarray(scaler.mean_), np.sqrt(np.asarray(scaler.var_))
    return Moments(*(torch.from_numpy(a).float().reshape(shape) for a in (mean, deviation)))


def inputs_at(module: Module, sample: Sample, rows: list[int]) -> Tensor:
    """Return the inputs that are made of some examples, (len(rows), *shape)."""
    x = sample.rows(rows)
    return inputs_of(module, Batch(x, torch.zeros(len(x), 0, dtype=torch.uint8)))
