"""The absolute error, made smooth at 0: large errors count less than squared (Charbonnier 1994)."""

from pydantic import PositiveFloat
from torch import Tensor


class AbsoluteError:
    """loss = Σ_j √((x̂_j − x_j)² + s²) − s: about |x̂_j − x_j| where that is larger than s.

    Its best constant is near the median, where that of the squared error is the mean.

    Args:
        smooth: s, below which an error counts by its square, in the target's units.
    """

    unit_targets = False
    views = False

    def __init__(self, smooth: PositiveFloat = 0.02) -> None:
        self.smooth = smooth

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each example: (batch, ...) and (batch, ...) to (batch,)."""
        each = ((output - target).square() + self.smooth**2).sqrt() - self.smooth
        return each.flatten(1).sum(1)

    def predict(self, output: Tensor) -> Tensor:
        """Return x̂, which is the output itself."""
        return output
