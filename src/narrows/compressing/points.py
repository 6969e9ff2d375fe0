"""Points of a rate–distortion curve: bytes for each example, and how far what comes back is off."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log10

from torch import Tensor


@dataclass(frozen=True)
class Point:
    """One setting.

    Attributes:
        setting: such as "4 bits".
        bytes: for each example, all that a file of the examples takes.
        sse: squared error summed over the values of an example, mean over examples.
        psnr: in dB, of the mean over all pixels; None if examples are no images.
    """

    setting: str
    bytes: float
    sse: float
    psnr: float | None


def point(
    setting: str, size: float, given_back: Iterable[Tensor], examples: Iterable[Tensor], image: bool
) -> Point:
    """Compare what comes back with what it was.

    Args:
        setting: its name.
        size: bytes for each example.
        given_back: blocks of examples that come back, (·, ...).
        examples: the same blocks as they were.
        image: whether they are images, with values from 0 to 1, which what comes back is cut to.
    """
    total, count, values = 0.0, 0, 1
    for back, true in zip(given_back, examples, strict=True):
        block = (back.clamp(0, 1) if image else back).flatten(1).double()
        total += float((block - true.flatten(1)).square().sum())
        count, values = count + len(block), block.shape[1]
    sse = total / count
    # An exact copy has no finite PSNR.
    psnr = 10 * log10(values / sse) if image and sse > 0 else None
    return Point(setting, size, sse, psnr)
