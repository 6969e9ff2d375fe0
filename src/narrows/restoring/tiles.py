"""A picture through a network tile by tile, as if it had gone through whole."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from math import ceil
from typing import Any, NamedTuple, TypeVar
from weakref import finalize

import numpy as np
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

T = TypeVar("T")
R = TypeVar("R")
# How tiles are worked on: `map`, or that of a pool.
Map = Callable[[Callable[[T], R], Iterable[T]], Iterable[R]]
# A tile below this side is mostly margin.
_SMALLEST = 32
# Tiles of more bytes are slower: the system gives large arrays out anew for each layer. But one
# that is not so many times as wide as its margin is worth enlarging: margins are work done twice.
_ENOUGH, _WIDE = 128 << 20, 32


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
    """Return tiles whose work fits into `memory`, as large as is of use.

    Args:
        bytes_per_pixel: that the network needs for a pixel of a tile with its margins.
        memory: in bytes, for one tile; a tile as small as its margins, or of 32 pixels, may take
            more.
        multiple: what places of tiles must be multiples of.
        reach: how far a pixel of the result sees, in pixels of the picture.
        scale: how many times larger the result is.
    """
    margin = ceil(reach / multiple) * multiple

    def side_of(memory: int) -> int:
        return int((memory / bytes_per_pixel) ** 0.5) - 2 * margin

    side = min(side_of(memory), max(side_of(_ENOUGH), _WIDE * margin))
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


def bytes_per_pixel(work: Callable[[np.ndarray], np.ndarray], channels: int, side: int) -> float:
    """Return how many bytes of tensors there are at once, at most, for a pixel of a tile.

    Args:
        work: makes a result of a tile, (C, h, w) uint8.
        channels: of the tile.
        side: of the tile that is tried.
    """
    with _Watch() as watch:
        work(np.zeros((channels, side, side), np.uint8))
    return watch.most / side**2


class _Watch(TorchDispatchMode):
    """Adds up the memory of all tensors that operations make, as long as each is there.

    What modules hand to each other would not be enough: sums, joined channels and changes of colour
    are made in between.

    Attributes:
        most: bytes at once, so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.most = self._now = 0
        # How many tensors share each piece of memory.
        self._sharing: Counter[int] = Counter()

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Do an operation and note what it has made."""
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._note(tensor)
        return result

    def _note(self, tensor: Tensor) -> None:
        memory = tensor.untyped_storage()
        place, size = memory.data_ptr(), memory.nbytes()
        if not self._sharing[place]:
            self._now += size
            self.most = max(self.most, self._now)
        self._sharing[place] += 1
        finalize(tensor, self._drop, place, size)

    def _drop(self, place: int, size: int) -> None:
        self._sharing[place] -= 1
        if not self._sharing[place]:
            self._now -= size
