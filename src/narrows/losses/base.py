"""What every loss answers."""

from typing import Protocol

from torch import Tensor


class Loss(Protocol):
    """A pure function of output and target, and the prediction that goes with it.

    Attributes:
        unit_targets: whether targets must lie in [0, 1].
        views: whether outputs are of two views of each example, (batch, 2, p), which are compared
            with one another; a term of the whole batch is then part of each example's value.
    """

    unit_targets: bool
    views: bool

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return one value per example, summed over the values of the example."""
        ...

    def predict(self, output: Tensor) -> Tensor:
        """Return the prediction in the target's units, e.g. probabilities for logits."""
        ...
