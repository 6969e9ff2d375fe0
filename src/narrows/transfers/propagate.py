"""Labels for the unlabelled: they spread to near codes, and are learned (Iscen et al. 2019)."""

from typing import Annotated, Literal

import numpy as np
import torch
from annotated_types import Gt, Lt
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor

from narrows.errors import UserError
from narrows.loading import PackedDataset
from narrows.losses.logistic import Logistic
from narrows.module import Module
from narrows.propagation import graph, propagate
from narrows.tasks.base import UNKNOWN
from narrows.transfers.finetune import Finetune


class Propagate(Finetune):
    """All training examples are learned, with labels that spread from the few known ones.

    At the start of each epoch a graph joins each example with those of the nearest codes, and the
    known labels spread over it. Where each known example has exactly one label, so has each other
    one: the label that reaches it most. Else the examples that a label reaches most have it, as
    many as among the known ones in proportion. The codes follow what is learned, and the next
    epoch's labels follow the codes.

    Args:
        near: what is compared to find neighbours: `codes` of an encoder that starts pretrained, or
            `inputs`, which need no pretraining and give the same labels in each epoch.
        neighbours: of each example.
        power: what cosines are raised to, for the weights of the graph.
        alpha: how far labels spread: the share of an example's value that comes from its
            neighbours.
    """

    def __init__(
        self,
        near: Literal["codes", "inputs"] = "codes",
        neighbours: PositiveInt = 10,
        power: NonNegativeFloat = 3.0,
        alpha: Annotated[float, Gt(0), Lt(1)] = 0.99,
    ) -> None:
        self.needs_pretrained = near == "codes"
        self.neighbours, self.power, self.alpha = neighbours, power, alpha
        self.known = self.found = torch.zeros(0, 0)

    def check(self, module: Module) -> None:
        """Labels of which some are unknown are what the logistic loss takes."""
        if not module.task.needs_labels or not isinstance(module.loss, Logistic):
            raise UserError(
                "transfer=propagate learns labels with the logistic loss; "
                "add task=multi_label loss=logistic, or use transfer=finetune"
            )

    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Keep the known labels, and spread them over what does not change."""
        self.known = data.y
        if not self.needs_pretrained:
            self.found = self._spread(torch.cat([x.flatten(1) for x, _ in data.batches()]))
        return super().start(module, data)

    def label(self, module: Module, data: PackedDataset) -> Tensor:
        """Return the known labels, and those that they give to other examples."""
        if not self.needs_pretrained:
            return self.found
        return self._spread(torch.cat([module.encode(x).flatten(1) for x, _ in data.batches()]))

    def _spread(self, z: Tensor) -> Tensor:
        """Return new labels, (n, k), by neighbours in z, (n, m)."""
        known = (self.known != UNKNOWN).all(1).numpy()
        y = self.known.numpy()
        reached = propagate(graph(z, self.neighbours, self.power), y, known, self.alpha)
        found = decide(reached, y[known])
        return torch.from_numpy(np.where(known[:, None], y, found))


def decide(reached: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return which labels examples have, (n, k), 0 or 1; UNKNOWN where nothing reaches them.

    Args:
        reached: (n, k), the more the surer; not a number for what nothing reaches.
        known: (m, k), 0 or 1, of other examples of the same kind.
    """
    # An example is reached with all labels or with none.
    nowhere = np.isnan(reached[:, :1])
    values = np.where(nowhere, -np.inf, reached)
    if (known.sum(1) == 1).all():
        y = values.argmax(1)[:, None] == np.arange(values.shape[1])
    else:
        # Ranks from the most on, as the share of those that are reached at all.
        ranks = np.argsort(np.argsort(-values, axis=0, kind="stable"), axis=0, kind="stable")
        y = ranks < np.rint(known.mean(0) * (~nowhere).sum())
    return np.where(nowhere, UNKNOWN, y).astype(np.uint8)
