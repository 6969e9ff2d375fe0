"""A linear warm-up, then a straight line down to 0."""

from narrows.fields import Fraction


class Linear:
    """factor = (step + 1) / w while step < w, then (steps − step) / (steps − w).

    w is the number of warm-up steps.

    Args:
        warmup: fraction of the steps in which the factor rises to 1.
    """

    def __init__(self, warmup: Fraction = 0.05) -> None:
        self.warmup = warmup

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor of one step out of `steps`."""
        rising = round(self.warmup * steps)
        return (step + 1) / rising if step < rising else (steps - step) / (steps - rising)
