"""Fine-tuning: the pretrained encoder is where training starts, not where it stays."""

from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.transfers.scratch import Fitted


class Finetune:
    """The encoder starts from its pretrained weights, the decoder at random; both are trained."""

    needs_pretrained = True

    def check(self, module: Module) -> None:
        """Every module will do."""

    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Let an encoder be trained that pretraining had fitted in closed form."""
        del data
        if isinstance(module.encoder, Fitted):
            module.encoder.requires_grad_(True)
        return {}
