"""The squared error of the lecture: ‖x̂ − x‖²."""

from torch import Tensor


class SquaredError:
    """loss = Σ_j (x̂_j − x_j)², summed over the values of an example (SSE, not the mean)."""

    unit_targets = False
    views = False

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each example: (batch, ...) and (batch, ...) to (batch,)."""
        return (output - target).square().flatten(1).sum(1)

    def predict(self, output: Tensor) -> Tensor:
        """Return x̂, which is the output itself."""
        return output
