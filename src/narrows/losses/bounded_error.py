"""The squared error of an output that is squashed into [0, 1], as pixels are."""

import torch
from torch import Tensor


class BoundedError:
    """loss = Σ_j (σ(ŷ_j) − x_j)², σ(ŷ) = 1 / (1 + exp(−ŷ)) being the prediction, x in [0, 1]."""

    unit_targets = True
    views = False

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each example: (batch, ...) and (batch, ...) to (batch,)."""
        return (self.predict(output) - target).square().flatten(1).sum(1)

    def predict(self, output: Tensor) -> Tensor:
        """Return x̂ = σ(ŷ)."""
        # Half precision has too few values near 1.
        return output.to(torch.promote_types(output.dtype, torch.float32)).sigmoid()
