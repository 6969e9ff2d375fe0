"""Frozen features: the pretrained encoder is kept and the head on its codes solved exactly."""

import torch
from pydantic import PositiveFloat

from narrows.decoders import linear
from narrows.errors import UserError
from narrows.head import fit_head
from narrows.loading import PackedDataset
from narrows.losses.logistic import Logistic
from narrows.module import Module


class Frozen:
    """Logistic regression on the codes of a fixed encoder, all labels at once.

    Codes are standardized with the labelled examples' mean and standard deviation, so that one
    penalty suits every encoder; V and b take both up, so the decoder is still V z + b.

    Args:
        penalty: on ‖v‖² / 2 of the standardized codes; the inverse of scikit-learn's C.
    """

    needs_pretrained = True

    def __init__(self, penalty: PositiveFloat = 1.0) -> None:
        self.penalty = penalty

    def check(self, module: Module) -> None:
        """The convex problem is that of a linear decoder with logistic loss."""
        if not isinstance(module.decoder, linear.Decoder) or not isinstance(module.loss, Logistic):
            raise UserError(
                "transfer=frozen solves a linear head with logistic loss; "
                "add decoder=linear loss=logistic, or use transfer=finetune"
            )

    @torch.no_grad()
    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Solve for V and b."""
        pairs = [(module.encode(x), y) for x, y in module.examples(data)]
        z = torch.cat([z for z, _ in pairs]).flatten(1).double()
        y = torch.cat([y for _, y in pairs])
        mean, deviation = z.mean(0), z.std(0, correction=0)
        deviation = torch.where(deviation > 1e-12, deviation, 1.0)
        head = fit_head((z - mean) / deviation, y, self.penalty)
        v = head.v / deviation
        assert isinstance(module.decoder, linear.Decoder)  # noqa: S101
        module.decoder.map.weight.copy_(v)
        module.decoder.map.bias.copy_(head.b - v @ mean)
        module.requires_grad_(False)
        return {"head_gradient": head.gradient}
