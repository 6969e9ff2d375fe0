"""What restoring is measured on: published sets that nothing is trained on, by experiment."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import Tensor

from narrows.corruptions.gaussian import Gaussian
from narrows.imaging.resize import enlarge
from narrows.restoring import cases
from narrows.restoring.measure import Pair, Protocol, Restore

# That of papers: 25 of 255 levels.
SIGMA = 25 / 255


class Case(NamedTuple):
    """What a restoration is measured on.

    Attributes:
        where: the set and the protocol, in words.
        pairs: makes the pictures.
        protocol: of the measurement.
        plain: what a picture is without any network, by name.
    """

    where: str
    pairs: Callable[[], list[Pair]]
    protocol: Protocol
    plain: dict[str, Restore]


def same(given: Tensor) -> Tensor:
    """Return the picture as it is given."""
    return given


def _enlarged(scale: int) -> Case:
    """Return the case of Set5, with the reduced pictures that were published with it."""
    return Case(
        f"Set5 ×{scale}, Y, border {scale}",
        partial(cases.super_resolution, "set5", scale),
        Protocol(border=scale, luma=True),
        {"bicubic": partial(enlarge, factor=scale)},
    )


CASES = {
    "denoiser": Case(
        "BSD100 grey, σ = 25, noise not clipped",
        partial(cases.corrupted, "bsd100", Gaussian(SIGMA, clip=False)),
        Protocol(),
        {"noisy": same},
    ),
    "upscaler2": _enlarged(2),
    "upscaler3": _enlarged(3),
    "colourizer": Case(
        "BSD100 from grey", partial(cases.colourization, "bsd100"), Protocol(), {"grey": same}
    ),
}
