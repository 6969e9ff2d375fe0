"""Examples that a page is about: of a part of the run's data, or of a file, drawn at random."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from narrows.encoding.sources import PARTS, open_source
from narrows.loading import PackedDataset
from narrows.new_examples import read_examples
from narrows.randomness import derive, permutation
from narrows.tasks.base import UNKNOWN


class Sample(NamedTuple):
    """Some examples of a source.

    Attributes:
        data: n of them.
        names: (n,) of their files, or their numbers in the source.
        known: (n,) whether all labels of an example are known.
        total: how many examples the source has.
    """

    data: PackedDataset
    names: list[str]
    known: np.ndarray
    total: int

    @property
    def y(self) -> np.ndarray:
        """Labels, (n, k), bytes: they count where `known` says so."""
        return self.data.y.numpy()

    def rows(self, rows: list[int]) -> Tensor:
        """Return some of the examples as floats, (len(rows), *shape)."""
        return next(self.data.subset(torch.tensor(rows)).batches(len(rows))).x


def read_sample(source: str, run: Path, most: int, seed: int) -> Sample:
    """Return examples of a part of the run's own data, or of a file or folder.

    Args:
        source: train, val or test; else a file or folder.
        run: folder of the run.
        most: examples.
        seed: of the choice, where there are more.

    Raises:
        UserError: if they cannot be read, or do not fit.
    """
    if source in PARTS:
        data, labels = open_source(source, run)
        names = [f"{source} {row}" for row in range(len(data))]
        labelled = labels.labelled if labels else 0
    else:
        examples = read_examples(Path(source).expanduser(), run)
        data, labelled = PackedDataset.unlabelled(examples.x), 0
        names = [f"{examples.kind} {name}" for name in examples.names]
    rows = random_rows(len(data), most, seed)
    drawn = data.subset(rows)
    known = (rows.numpy() < labelled) & (drawn.y.numpy() != UNKNOWN).all(1)
    return Sample(drawn, [names[row] for row in rows.tolist()], known, len(data))


def random_rows(n: int, most: int, seed: int) -> Tensor:
    """Return up to `most` of the rows 0..n-1 in order, drawn without replacement."""
    if n <= most:
        return torch.arange(n)
    return permutation(n, derive(seed, "interpret"))[:most].sort().values
