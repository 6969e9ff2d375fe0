"""Layer-wise learning rates: fine-tuning that changes least what is near the input."""

from narrows.fields import Decay
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.rates import decaying
from narrows.transfers.finetune import Finetune


class LayerRates(Finetune):
    """As fine-tuning, with rates that fall from layer to layer towards the input.

    Args:
        rate_decay: what the rate is multiplied by from each layer of the encoder to the one below;
            that of the decoder is the optimizer's.
    """

    def __init__(self, rate_decay: Decay = 0.5) -> None:
        self.rate_decay = rate_decay

    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Set the factors of the encoder's rates."""
        module.rate_factors = decaying(module.encoder, self.rate_decay)
        return super().start(module, data)
