"""Old and new examples mixed in a chosen ratio, in every batch: replay."""

from collections.abc import Iterator
from itertools import count
from math import ceil

import torch
from torch import Tensor

from narrows.loading import ChunkSampler
from narrows.randomness import derive, permutation
from narrows.sparse import SparseRows


class Joined:
    """Rows of two sources, the second's counted on from the first's; neither is copied.

    Args:
        first: (n, ...).
        second: (m, ...), of the same kind.
    """

    def __init__(self, first: "Rows", second: "Rows") -> None:
        self.first, self.second = first, second

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    @property
    def device(self) -> torch.device:
        """Return where the values are."""
        return self.first.device

    @property
    def nbytes(self) -> int:
        """Return the bytes of both."""
        return self.first.nbytes + self.second.nbytes

    def to(self, device: torch.device) -> "Joined":
        """Return the rows on `device`."""
        return Joined(self.first.to(device), self.second.to(device))

    def index_select(self, dim: int, rows: Tensor) -> Tensor:
        """Return the rows at `rows`, (batch,), in that order."""
        old = rows < len(self.first)
        found = torch.cat(
            [
                self.first.index_select(dim, rows[old]),
                self.second.index_select(dim, rows[~old] - len(self.first)),
            ]
        )
        places = torch.cat([old.nonzero(), (~old).nonzero()]).flatten()
        return found.index_select(dim, places.argsort())


Rows = Tensor | SparseRows | Joined


class ReplaySampler(ChunkSampler):
    """Batches that mix old and new examples, in every batch as many of each as in any other.

    An epoch is one pass over the old examples, or over the new ones if no old ones are used. Both
    are taken in passes over all of them, the order of which depends on (seed, epoch, pass) alone.

    Args:
        old: number of old examples, which are 0 to old - 1.
        new: number of new ones, which follow.
        batch_size: examples in one optimizer step; two or more if old ones are used.
        replay: share of the old ones in each batch, in [0, 1).
        seed: of the order.
    """

    def __init__(self, old: int, new: int, batch_size: int, replay: float, seed: int) -> None:
        self.old, self.new = old, new
        if replay and batch_size < 2:
            raise ValueError("a batch of one has no room for an old and a new example")
        # At least one of each that is asked for.
        taken = round(batch_size * replay)
        self.replayed = min(max(taken, 1), batch_size - 1) if replay else 0
        fresh = batch_size - self.replayed
        steps = ceil(old / self.replayed) if self.replayed else ceil(new / fresh)
        super().__init__(old + new, batch_size, steps, seed)

    def _batches(self) -> Iterator[Tensor]:
        olds = self._taken("old", self.old, self.replayed)
        news = self._taken("new", self.new, self.batch_size - self.replayed)
        for old, new in zip(olds, news, strict=True):
            yield torch.cat([old, new + self.old])

    def _taken(self, name: str, n: int, size: int) -> Iterator[Tensor]:
        """Yield `size` of n numbers without end, from one pass over all of them after another."""
        left = torch.zeros(0, dtype=torch.int64)
        passes = count()
        while True:
            while len(left) < size:
                order = permutation(n, derive(self.seed, name, self.epoch, next(passes)))
                left = torch.cat([left, order])
            yield left[:size]
            left = left[size:]
