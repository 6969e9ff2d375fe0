"""What every schedule answers."""

from typing import Protocol


class Schedule(Protocol):
    """The learning rate as a function of how far training has come, so it has no state."""

    def __call__(self, step: int, steps: int) -> float:
        """Return what the optimizer's learning rate is multiplied by at a step.

        Args:
            step: number of the optimizer step, from 0.
            steps: of the whole run.
        """
        ...
