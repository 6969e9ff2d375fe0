"""No transfer: random weights, all of them trained, or solved where there is a closed form."""

from typing import Protocol, runtime_checkable

from narrows.loading import PackedDataset
from narrows.losses.squared_error import SquaredError
from narrows.module import Module


@runtime_checkable
class Fitted(Protocol):
    """A component with a closed form."""

    def fit(self, batches: object, /) -> None:
        """Set the weights from one pass over the training examples."""


class Scratch:
    """Weights start at random; an encoder with a closed form is fitted and then kept.

    With squared error and decoder=linear the decoder is then solved as well, and nothing is left
    to gradient steps: this is PCA.
    """

    needs_pretrained = False

    def check(self, module: Module) -> None:
        """Every module will do."""

    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Fit what has a closed form."""
        if isinstance(module.encoder, Fitted):
            module.encoder.fit(
                x.flatten(0, 1) if module.has_views(x) else x for x, _ in module.examples(data)
            )
            module.encoder.requires_grad_(False)
            if isinstance(module.decoder, Fitted) and isinstance(module.loss, SquaredError):
                module.decoder.fit(
                    (module.encode(x), target) for x, target in module.examples(data)
                )
                module.decoder.requires_grad_(False)
        return {}
