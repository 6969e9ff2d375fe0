"""What every augmentation answers."""

from typing import Protocol

from torch import Tensor


class Augmentation(Protocol):
    """Changes examples of a training batch; what is measured is never changed."""

    def __call__(self, x: Tensor) -> Tensor:
        """Return a new x of the same shape; it draws from torch's default generator."""
        ...
