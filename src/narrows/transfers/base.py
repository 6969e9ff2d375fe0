"""What every transfer answers."""

from typing import Protocol

from narrows.loading import PackedDataset
from narrows.module import Module


class Transfer(Protocol):
    """Says which weights start where and which are trained by gradient steps.

    Attributes:
        needs_pretrained: whether the encoder starts from the run that `pretrained` names.
    """

    needs_pretrained: bool

    def check(self, module: Module) -> None:
        """Raise UserError if this transfer does not fit the module; called before data is read."""
        ...

    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Set what is not left to gradient steps, and mark it as not trained.

        Args:
            module: its encoder has the pretrained weights where there are any, all else is random.
            data: the training examples.

        Returns:
            Facts to keep with the run's metrics.
        """
        ...
