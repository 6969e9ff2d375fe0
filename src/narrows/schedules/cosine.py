"""A linear warm-up, then half a cosine down (Loshchilov and Hutter 2017)."""

import math

from narrows.fields import Fraction


class Cosine:
    """factor = (step + 1) / w while step < w, then end + (1 − end) (1 + cos π t) / 2.

    w is the number of warm-up steps, and t goes from 0 at step w to 1 at the end.

    Args:
        warmup: fraction of the steps in which the factor rises to 1.
        end: the factor that training ends with.
    """

    def __init__(self, warmup: Fraction = 0.05, end: Fraction = 0.0) -> None:
        self.warmup, self.end = warmup, end

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor of one step out of `steps`."""
        rising = round(self.warmup * steps)
        if step < rising:
            return (step + 1) / rising
        done = (step - rising) / (steps - rising)
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * done)) / 2
