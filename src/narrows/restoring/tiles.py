"""A picture through a network tile by tile, as if it had gone through whole."""

from collections.abc import Callable, Iterable, Iterator
from math import ceil
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Work = Callable[[Tensor], Tensor]
T = TypeVar("T")
R = TypeVar("R")
# How tiles are worked on: `map`, or that of a pool.
Map = Callable[[Callable[[T], R], Iterable[T]], Iterable[R]]
# A tile below this side is mostly margin.
_SMALLEST = 32


class Plan(NamedTuple):
    """How a picture is cut.

    Attributes:
        side: of a tile without its margins, a multiple of `multiple`.
        margin: how far around it the network is shown the picture, also such a multiple.
        scale: how many times larger the result is.
    """

    side: int
    margin: int
    scale: int


class _Tile(NamedTuple):
    """Where a tile lies, as rows and columns of the picture: without margins and with them."""

    kept: tuple[slice, slice]
    shown: tuple[slice, slice]


def plan(bytes_per_pixel: float, memory: int, multiple: int, reach: int, scale: int) -> Plan:
    """Return the largest tiles whose work fits into `memory`.

    Args:
        bytes_per_pixel: that the network needs for a pixel of a tile with its margins.
        memory: in bytes, for one tile; a tile as small as its margins, or of 32 pixels, may take
            more.
        multiple: what places of tiles must be multiples of.
        reach: how far a pixel of the result sees, in pixels of the picture.
        scale: how many times larger the result is.
    """
    margin = ceil(reach / multiple) * multiple
    side = int((memory / bytes_per_pixel) ** 0.5) - 2 * margin
    side = max(side, 2 * margin, _SMALLEST)
    return Plan(max(side // multiple, 1) * multiple, margin, scale)


def tiled(picture: np.ndarray, work: Callable[[np.ndarray], np.ndarray], cut: Plan, out: np.ndarray,
          run: Map[_Tile, None] = map) -> None:  # fmt: skip
    """Fill `out`, (C′, H scale, W scale), from a picture, (C, H, W).

    A result's pixel sees `margin` pixels of the picture and none farther off, so it is the same as
    of the whole: only the order of sums may differ.

    Args:
        picture: numbers of any type.
        work: makes (C′, h scale, w scale) of (C, h, w).
        cut: how the picture is cut.
        out: to be filled.
        run: how tiles are worked on.
    """

    def fill(tile: _Tile) -> None:
        result = work(picture[:, *tile.shown])
        inner = [
            slice((k.start - s.start) * cut.scale, (k.stop - s.start) * cut.scale)
            for k, s in zip(tile.kept, tile.shown, strict=True)
        ]
        place = [slice(k.start * cut.scale, k.stop * cut.scale) for k in tile.kept]
        out[:, *place] = result[:, *inner]

    for _ in run(fill, _tiles(picture.shape[1], picture.shape[2], cut)):
        pass


def _tiles(height: int, width: int, cut: Plan) -> Iterator[_Tile]:
    rows, columns = (list(_spans(n, cut)) for n in (height, width))
    for row, shown_row in rows:
        for column, shown_column in columns:
            yield _Tile((row, column), (shown_row, shown_column))


def _spans(n: int, cut: Plan) -> Iterator[tuple[slice, slice]]:
    for start in range(0, n, cut.side):
        stop = min(start + cut.side, n)
        yield slice(start, stop), slice(max(start - cut.margin, 0), min(stop + cut.margin, n))


def bytes_per_pixel(network: nn.Module, work: Work, channels: int, side: int) -> float:
    """Return how many bytes all results in between would take for a pixel, if all were kept.

    Args:
        network: whose layers are asked.
        work: makes a result of a picture with it.
        channels: of the picture.
        side: of the picture that is tried.
    """
    total = 0

    def count(_: nn.Module, __: object, result: object) -> None:
        nonlocal total
        if isinstance(result, Tensor):
            total += result.numel() * result.element_size()

    hooks = [m.register_forward_hook(count) for m in network.modules()]
    try:
        result = work(torch.zeros(1, channels, side, side))
    finally:
        for hook in hooks:
            hook.remove()
    return (total + result.numel() * result.element_size()) / side**2
