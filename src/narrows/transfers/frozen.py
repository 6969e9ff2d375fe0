"""Frozen features: the pretrained encoder is kept and the head on its codes solved exactly."""

from math import exp
from typing import Annotated, Literal

import torch
from annotated_types import Ge
from pydantic import PositiveFloat, PositiveInt
from torch import Tensor

from narrows.decoders import linear
from narrows.errors import FailedRunError, UserError
from narrows.head import GRID, ClassWeight, CrossValidation, StandardizedHead, fit_standardized
from narrows.loading import PackedDataset
from narrows.losses.logistic import Logistic
from narrows.module import Module
from narrows.randomness import derive


class Frozen:
    """Logistic regression on the codes of a fixed encoder, all labels at once.

    Codes are standardized with the labelled examples' mean and standard deviation, so that one
    penalty suits every encoder; V and b take both up, so the decoder is still V z + b.

    Args:
        penalty: on ‖v‖² / 2 of the standardized codes, the inverse of scikit-learn's C; or 'cv', to
            choose it by cross-validation within the labelled training examples.
        shared_penalty: whether 'cv' chooses one for all labels, or one for each.
        folds: of 'cv'.
        class_weight: 'balanced' for rare labels' positives to weigh as much as their negatives.
        tolerance: on the gradient divided by the number of examples, of the solution in float64.
        max_steps: of Newton's method at most.
    """

    needs_pretrained = True

    def __init__(
        self,
        penalty: PositiveFloat | Literal["cv"] = "cv",
        shared_penalty: bool = False,
        folds: Annotated[int, Ge(2)] = 5,
        class_weight: ClassWeight | None = None,
        tolerance: PositiveFloat = 1e-8,
        max_steps: PositiveInt = 100,
    ) -> None:
        self.penalty, self.shared_penalty, self.folds = penalty, shared_penalty, folds
        self.class_weight: ClassWeight | None = class_weight
        self.tolerance, self.max_steps = tolerance, max_steps

    def check(self, module: Module) -> None:
        """The convex problem is that of a linear decoder with logistic loss."""
        if not isinstance(module.decoder, linear.Decoder) or not isinstance(module.loss, Logistic):
            raise UserError(
                "transfer=frozen solves a linear head with logistic loss; "
                "add decoder=linear loss=logistic, or use transfer=finetune"
            )

    @torch.no_grad()
    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Solve for V and b.

        Raises:
            FailedRunError: if a code is not finite, or `tolerance` is not reached: the head would
                not be what the config says.
        """
        pairs = [(module.encode(x), y) for x, y in module.examples(data)]
        z = torch.cat([z for z, _ in pairs]).flatten(1)
        y = torch.cat([y for _, y in pairs])
        if not z.isfinite().all():
            raise FailedRunError(
                "the pretrained encoder's codes have values that are not finite; "
                "pretrain it anew with a smaller optimizer.lr"
            )
        head = self.fit(z, y, module.seed)
        assert isinstance(module.decoder, linear.Decoder)  # noqa: S101
        module.decoder.map.weight.copy_(head.v)
        module.decoder.map.bias.copy_(head.b)
        module.requires_grad_(False)
        return self.facts(head)

    def fit(self, z: Tensor, y: Tensor, seed: int) -> StandardizedHead:
        """Return the head on codes, (n, m)."""
        folds = CrossValidation(self.folds, derive(seed, "folds"), self.shared_penalty)
        penalty = folds if isinstance(self.penalty, str) else self.penalty
        head = fit_standardized(z, y, penalty, self.class_weight, self.tolerance, self.max_steps)
        largest = float(head.gradient.max())
        # So written, a gradient that is not a number does not pass.
        if not largest <= self.tolerance:
            raise FailedRunError(
                f"transfer.tolerance={self.tolerance:g} was not reached in {self.max_steps} steps: "
                f"the head's gradient is {largest:.1e}; "
                "take a larger tolerance, more transfer.max_steps or a larger transfer.penalty"
            )
        return head

    def facts(self, head: StandardizedHead) -> dict[str, float]:
        """Return what certifies the head, and its penalty: of several the geometric mean.

        `head_gradient` is that of the solution in float64, before rounding to float32;
        `head_stored_gradient` that at the weights as the run keeps them.

        Where 'cv' chose the weakest or the strongest of its penalties, a better one may lie
        outside; for separable labels the weakest is then what keeps V finite.
        """
        facts = {
            "head_gradient": float(head.gradient.max()),
            "head_stored_gradient": float(head.stored_gradient.max()),
            "head_penalty": exp(float(head.penalty.log().mean())),
        }
        if self.penalty == "cv":
            facts["head_weakest_penalty"] = int((head.penalty == GRID[-1]).sum())
            facts["head_strongest_penalty"] = int((head.penalty == GRID[0]).sum())
        return facts
