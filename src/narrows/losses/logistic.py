"""The logistic loss of the lecture, for values in [0, 1] and for labels."""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from narrows.tasks.base import UNKNOWN


class Logistic:
    """loss = Σ_j log(1 + exp(ŷ_j)) − y_j ŷ_j for logits ŷ and targets y in [0, 1].

    With labels written as ±1 this is the lecture's Σ_j log(1 + exp(−y_j ŷ_j)). The sum is over the
    targets that are known: UNKNOWN ones add nothing, to the gradient neither.
    """

    unit_targets = True
    views = False

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each example: (batch, ...) and (batch, ...) to (batch,)."""
        losses = binary_cross_entropy_with_logits(output, target, reduction="none")
        return losses.masked_fill(target == UNKNOWN, 0.0).flatten(1).sum(1)

    def predict(self, output: Tensor) -> Tensor:
        """Return the mean of the target under the model, 1 / (1 + exp(−ŷ))."""
        return output.sigmoid()
