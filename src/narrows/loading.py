"""Packed arrays to batches, by whole-array indexing: no Python runs for a single example."""

from collections.abc import Iterator
from itertools import count, islice
from math import ceil, prod
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from narrows.budgets import labelled_order
from narrows.errors import UserError
from narrows.packing import read_card
from narrows.randomness import derive, permutation
from narrows.sparse import SparseRows, mapped
from narrows.spec import Shape
from narrows.tasks.base import UNKNOWN, Batch

# Optimizer steps in one of Lightning's steps: its overhead is paid once for all of them.
CHUNK = 32
EVALUATION_BATCH = 1024
# Values of x in a batch where nothing is learned: networks that keep an image's size need a hundred
# times their memory.
_EVALUATION_VALUES = 1 << 22
# Rows that are looked at in one go where all are.
_BLOCK = 1 << 14


class Chunk:
    """Batches that are gathered one by one as they are used.

    It is no list, so that neither torch's loader nor Lightning walks through what is in it.

    Args:
        data: that the batches are taken from.
        indices: of the examples of each batch.
        device: where batches go.
    """

    def __init__(
        self, data: "PackedDataset", indices: list[Tensor], device: torch.device | None = None
    ) -> None:
        self.data, self.indices = data, indices
        self.device = device or data.x.device

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[Batch]:
        x, y = self.data.x, self.data.y
        for i in self.indices:
            # index_select takes a tenth of the time of x[i].
            rows = i.to(x.device)
            batch = Batch(x.index_select(0, rows), y.index_select(0, rows))
            yield batch if self.device == x.device else _moved(batch, self.device)

    @property
    def examples(self) -> int:
        """Number of examples in all batches."""
        return sum(map(len, self.indices))


def _moved(batch: Batch, device: torch.device) -> Batch:
    return Batch(*(t.to(device, non_blocking=True) for t in batch))


class PackedDataset(Dataset[Chunk]):
    """One split; `dataset[indices]` has a batch, as it is stored, for each tensor of indices.

    Args:
        x: (n, ...), uint8 for values in 0..255 that stand for [0, 1], or floats as they are; or
            sparse rows of floats.
        y: (n, k), uint8.
    """

    def __init__(self, x: Tensor | SparseRows, y: Tensor) -> None:
        self.x, self.y = x, y

    @classmethod
    def open(cls, folder: Path, part: str, labelled: bool = False) -> "PackedDataset":
        """Map the arrays of a prepared data set into memory.

        Args:
            folder: of the data set.
            part: of it.
            labelled: leave out the examples without labels, which stand at the end.
        """
        if (folder / f"{part}.x.indptr.npy").is_file():
            x: Tensor | SparseRows = SparseRows.open(folder, part)
        else:
            x = mapped(folder / f"{part}.x.npy")
        whole = cls(x, mapped(folder / f"{part}.y.npy"))
        if not labelled:
            return whole
        n = read_card(folder)["parts"][part]["labelled"]
        if n == 0:
            raise UserError(
                f"no example of the {part} part has labels: there is nothing to learn from"
            )
        return whole.first(n)

    @classmethod
    def unlabelled(cls, x: Tensor | SparseRows) -> "PackedDataset":
        """Return examples as a split without labels."""
        return cls(x, torch.zeros(len(x), 0, dtype=torch.uint8))

    def first(self, n: int) -> "PackedDataset":
        """Return the first n examples, without copying them."""
        if n == len(self):
            return self
        return PackedDataset(self.x.narrow(0, 0, n), self.y.narrow(0, 0, n))

    def __len__(self) -> int:
        return len(self.x)

    def is_unit(self) -> bool:
        """Tell whether all values of x lie in [0, 1], as floats."""
        values = self.x.data if isinstance(self.x, SparseRows) else self.x
        return values.dtype == torch.uint8 or all(
            block.numel() == 0 or 0 <= block.amin() <= block.amax() <= 1
            for block in values.split(_BLOCK)
        )

    def __getitem__(self, indices: list[Tensor]) -> Chunk:
        return Chunk(self, indices)

    def subset(self, indices: Tensor) -> "PackedDataset":
        """Return the examples at `indices`, in that order."""
        take = self.x.take_rows if isinstance(self.x, SparseRows) else self.x.__getitem__
        return PackedDataset(take(indices), self.y[indices])

    def to(self, device: torch.device) -> "PackedDataset":
        """Return the split on `device`."""
        return PackedDataset(self.x.to(device), self.y.to(device))

    def spread(self, n: int) -> "PackedDataset":
        """Return n examples at most, evenly spaced: one's own are often in the order of classes."""
        if len(self) <= n:
            return self
        return self.subset(torch.linspace(0, len(self) - 1, n).long())

    @property
    def evaluation_batch(self) -> int:
        """Examples that are evaluated at once."""
        return evaluation_batch(self.x.shape[1:])

    def batches(self, size: int | None = None) -> Iterator[Batch]:
        """Yield all examples in order, as floats; `size` at a time."""
        size = size or self.evaluation_batch
        for start in range(0, len(self), size):
            yield to_floats(Batch(self.x[start : start + size], self.y[start : start + size]))


def evaluation_batch(shape: Shape) -> int:
    """Return how many examples of a shape are evaluated at once: fewer if they are large images."""
    if len(shape) < 3:
        return EVALUATION_BATCH
    return max(1, min(EVALUATION_BATCH, _EVALUATION_VALUES // prod(shape)))


def to_floats(batch: Batch) -> Batch:
    """Turn a stored batch's x into floats; bytes 0..255 become [0, 1]."""
    x = batch.x.float().div_(255) if batch.x.dtype == torch.uint8 else batch.x.float()
    return Batch(x, batch.y)


def labelled_subset(data: PackedDataset, budget: int | None, seed: int) -> PackedDataset:
    """Return `budget` examples with all labels in proportion; larger budgets hold smaller ones.

    They depend on the labels and the seed alone: all methods of a study meet the same.

    Raises:
        UserError: if there are fewer examples than that.
    """
    return data if budget is None else data.subset(_labelled_rows(data, budget, seed))


def with_unlabelled(
    whole: PackedDataset, labelled: int, budget: int | None, seed: int
) -> PackedDataset:
    """Return all examples, with the labels of those alone that `labelled_subset` returns.

    Args:
        whole: the training part.
        labelled: how many of them have labels, which stand first.
        budget: how many labels are to be known; None for all that there are.
        seed: of the choice.

    Returns:
        The same x; in y stands UNKNOWN for all other labels.

    Raises:
        UserError: if there are fewer labelled examples than that.
    """
    rows = torch.arange(labelled)
    if budget is not None:
        rows = _labelled_rows(whole.first(labelled), budget, seed)
    y = torch.full_like(whole.y, UNKNOWN)
    y[rows] = whole.y[rows]
    return PackedDataset(whole.x, y)


def _labelled_rows(data: PackedDataset, budget: int, seed: int) -> Tensor:
    if budget > len(data):
        raise UserError(f"labels={budget}, but the training part has {len(data)} examples")
    return torch.from_numpy(labelled_order(data.y.cpu().numpy(), budget, derive(seed, "labels")))


class ChunkSampler(Sampler[list[Tensor]]):
    """Orders of the training examples, cut into batches and those into chunks.

    An epoch is one pass, or `steps_per_epoch` batches over as many passes as that takes. Each
    pass's order depends on (seed, epoch, pass) alone.
    """

    def __init__(self, n: int, batch_size: int, steps_per_epoch: int | None, seed: int) -> None:
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self.steps = steps_per_epoch or ceil(n / batch_size)
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; Lightning calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        return ceil(self.steps / CHUNK)

    def __iter__(self) -> Iterator[list[Tensor]]:
        batches = islice(self._batches(), self.steps)
        while chunk := list(islice(batches, CHUNK)):
            yield chunk

    def _batches(self) -> Iterator[Tensor]:
        for number in count():
            order = permutation(self.n, derive(self.seed, "order", self.epoch, number))
            yield from order.split(self.batch_size)


class PackedData(pl.LightningDataModule):
    """Training and validation parts, on the device where they fit.

    Args:
        train: the examples to train on.
        val: the examples to watch.
        batch_size: examples in one optimizer step, over all devices together.
        steps_per_epoch: optimizer steps that make an epoch, or None for one pass.
        seed: of the order of examples.
        sampler: of the batches, where they are not passes over all examples.
    """

    def __init__(
        self,
        train: PackedDataset,
        val: PackedDataset,
        batch_size: int,
        steps_per_epoch: int | None,
        seed: int,
        sampler: ChunkSampler | None = None,
    ) -> None:
        super().__init__()
        self.train, self.val = train, val
        self.sampler = sampler or ChunkSampler(len(train), batch_size, steps_per_epoch, seed)

    def setup(self, stage: str) -> None:
        """Move both parts to the device if they take less than half of its free memory."""
        del stage
        trainer = self.trainer
        assert trainer is not None  # noqa: S101
        device = trainer.strategy.root_device
        if device.type == "cuda":
            size = sum(t.nbytes for part in (self.train, self.val) for t in (part.x, part.y))
            if size < torch.cuda.mem_get_info(device)[0] / 2:
                self.train, self.val = self.train.to(device), self.val.to(device)

    def train_dataloader(self) -> DataLoader[Chunk]:
        """Return a loader of chunks of batches."""
        return DataLoader(self.train, sampler=self.sampler, batch_size=None)

    def val_dataloader(self) -> DataLoader[Chunk]:
        """Return a loader of chunks of one batch, in order."""
        chunks = [[i] for i in torch.arange(len(self.val)).split(self.val.evaluation_batch)]
        return DataLoader(self.val, sampler=chunks, batch_size=None)

    def transfer_batch_to_device(
        self, batch: Chunk, device: torch.device, dataloader_idx: int
    ) -> Chunk:
        """Have the batches go to the device, one by one."""
        del dataloader_idx
        return Chunk(batch.data, batch.indices, device)
