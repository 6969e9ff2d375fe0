"""What every transfer answers."""

from typing import Protocol, runtime_checkable

from torch import Tensor

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


@runtime_checkable
class SemiSupervised(Protocol):
    """A transfer that learns from the training examples without labels too.

    Its `start` is given all training examples, in y UNKNOWN for the labels that the run must not
    see.
    """

    def label(self, module: Module, data: PackedDataset) -> Tensor:
        """Return new y for the start of an epoch, a function of the module's weights and data.

        A run that goes on after a kill asks again for the labels of the epoch that it is in: so
        nothing else may decide about them.

        Args:
            module: as the epochs before have left it.
            data: what `start` was given, wherever it is now, with the y of the last epoch.

        Returns:
            (n, k), 0 or 1, and UNKNOWN for what is not to be learned.
        """
        ...
