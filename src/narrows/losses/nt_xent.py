"""NT-Xent, the contrastive loss of SimCLR (Chen et al. 2020, equation 1)."""

import torch
from pydantic import PositiveFloat
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


class NTXent:
    """loss = −log(exp(s_ij / τ) / Σ_{k≠i} exp(s_ik / τ)), s the cosine and j the other view of i.

    A view has to be told from the views of all other examples in the batch. With several processes
    these are the ones that the same process has. The loss of an example is the mean of its two
    views'.

    Args:
        temperature: τ.
    """

    unit_targets = False
    views = True

    def __init__(self, temperature: PositiveFloat = 0.5) -> None:
        self.temperature = temperature

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each example: (batch, 2, p) to (batch,); the target is not used."""
        del target
        n = len(output)
        # All first views, then all second ones.
        z = normalize(output.transpose(0, 1).flatten(0, 1), dim=1)
        itself = torch.eye(2 * n, dtype=torch.bool, device=z.device)
        logits = (z @ z.T / self.temperature).masked_fill(itself, -torch.inf)
        partner = torch.arange(2 * n, device=z.device).roll(n)
        return cross_entropy(logits, partner, reduction="none").view(2, n).mean(0)

    def predict(self, output: Tensor) -> Tensor:
        """Return the output itself."""
        return output
