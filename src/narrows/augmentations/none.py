"""Training on the examples as they are."""

from torch import Tensor


class Nothing:
    """x as it is."""

    def __call__(self, x: Tensor) -> Tensor:
        """Return x."""
        return x
