"""Head first, then all weights: fine-tuning that starts from the exact head (LP-FT)."""

from typing import Literal

from pydantic import PositiveFloat

from narrows.fields import Decay
from narrows.head import ClassWeight
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.rates import decaying
from narrows.transfers.frozen import Frozen


class HeadFirst(Frozen):
    """The head is solved on the codes of the pretrained encoder, then all weights are trained.

    A random head would pull the encoder away from what it has learned before the head is any good
    (Kumar et al. 2022, section 4).

    Args:
        rate_decay: of the encoder's learning rates from layer to layer; see `LayerRates`.
        penalty: of the exact head; see `Frozen`.
        class_weight: the same.
    """

    def __init__(
        self,
        rate_decay: Decay = 1.0,
        penalty: PositiveFloat | Literal["cv"] = "cv",
        class_weight: ClassWeight | None = None,
    ) -> None:
        super().__init__(penalty, class_weight=class_weight)
        self.rate_decay = rate_decay

    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Solve for V and b, and leave them and the encoder to gradient steps."""
        facts = super().start(module, data)
        # They certify the head that training starts from, not the one that the run keeps.
        del facts["head_gradient"], facts["head_stored_gradient"]
        module.requires_grad_(True).train()
        module.rate_factors = decaying(module.encoder, self.rate_decay)
        return facts
