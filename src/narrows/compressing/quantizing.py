"""Codes to symbols and back: what every quantizer answers, and uniform steps."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

# A value of a code has so many symbols at most: rare ones far out are few, and cost little.
_MOST_LEVELS = 4096
# What bits count the steps of: the middle of the codes, without a thousandth at the ends.
_ENDS = (0.0005, 0.9995)


class Quantizer(Protocol):
    """Makes symbols of codes, and codes of symbols."""

    @property
    def levels(self) -> np.ndarray:
        """Return (s,) how many symbols each place has; they count from 0."""
        ...

    def symbols(self, codes: np.ndarray) -> np.ndarray:
        """Return symbols, (n, s) int32, of codes, (n, m) float32."""
        ...

    def codes(self, symbols: np.ndarray) -> np.ndarray:
        """Return codes, (n, m) float32, of symbols, (n, s)."""
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what it is made of, by name."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Each value by itself, rounded to a multiple of its step from its mean.

    Within the range of the codes that it was made for, values are at most half a step off; those
    beyond are brought to its ends.

    Attributes:
        mean: (m,) float32.
        step: (m,) float32.
        lowest: (m,) int32, number of the first step, which is symbol 0.
        levels: (m,) int32.
    """

    mean: np.ndarray
    step: np.ndarray
    lowest: np.ndarray
    levels: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, sensitivity: np.ndarray, error: float) -> Self:
        """Make steps that move the output alike, by `error`, whichever value takes one.

        With an entropy coder such steps give the least squared error for a number of bytes, as
        long as they are small (Gish and Pierce 1968): a value that moves the output twice as much
        has half the step.

        Args:
            codes: of training examples, (n, m).
            sensitivity: (m,) how far the output moves with each value.
            error: what a step moves it by, above 0.
        """
        z = codes.astype(np.float64)
        mean = z.mean(0).astype(np.float32)
        least, most = z.min(0) - mean, z.max(0) - mean
        reach = 2 * np.maximum(np.abs(least), np.abs(most))
        # A value that the decoder does not hear has one step that holds all.
        widest = np.where(reach > 0, 2 * reach, 1.0)
        step = np.minimum(error / np.maximum(sensitivity, 1e-30), widest)
        step = np.maximum(step, reach / (_MOST_LEVELS - 2)).astype(np.float32)
        lowest = np.rint(least / step).astype(np.int32)
        highest = np.rint(most / step).astype(np.int32)
        return cls(mean, step, lowest, highest - lowest + 1)

    def symbols(self, codes: np.ndarray) -> np.ndarray:
        """Return the number of the nearest step, from the lowest on."""
        steps = np.rint((codes.astype(np.float64) - self.mean) / self.step) - self.lowest
        return steps.clip(0, self.levels - 1).astype(np.int32)

    def codes(self, symbols: np.ndarray) -> np.ndarray:
        """Return the middle of each step."""
        steps = (symbols + self.lowest).astype(np.float64)
        return (self.mean + steps * self.step).astype(np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return means, steps and their numbers."""
        return {"mean": self.mean, "step": self.step, "lowest": self.lowest, "levels": self.levels}


def error_of(codes: np.ndarray, sensitivity: np.ndarray, bits: int) -> float:
    """Return how far a step moves the output if 2^bits of them span the widest value.

    Args:
        codes: of training examples, (n, m).
        sensitivity: (m,).
        bits: for a value, before entropy coding.
    """
    low, high = np.quantile(codes.astype(np.float64), _ENDS, axis=0)
    widest = float(((high - low) * sensitivity).max())
    return widest / 2**bits if widest > 0 else 1.0
