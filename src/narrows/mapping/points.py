"""The examples of a map: some of the training part, and others that it is not made from."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from narrows.encoding.codes import codes_of
from narrows.encoding.sources import PARTS, Labels, open_source
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.new_examples import read_examples
from narrows.randomness import derive, permutation


class Points(NamedTuple):
    """Examples, and what the run makes of them.

    Attributes:
        source: the part that they are of, or the file's name.
        kind: what a name is of: a row, a file, a document.
        names: (n,) of the files; else places in the source, from 0.
        examples: as they are stored.
        x: (n, d), values as floats, those of an image one after another.
        z: (n, m), codes.
        labels: (n, l) of 0 and 1; None where none is known.
    """

    source: str
    kind: str
    names: Sequence[str | int]
    examples: PackedDataset
    x: np.ndarray
    z: np.ndarray
    labels: np.ndarray | None


def read_points(source: str, run: Path, module: Module, most: int, seed: int) -> Points:
    """Return examples of a source; where some have labels, of those alone.

    Args:
        source: train, val or test, for a part of the run's own data; else a file or folder.
        run: folder of the run.
        module: of the run.
        most: how many; of more, some are drawn.
        seed: of the choice.

    Raises:
        UserError: if it cannot be read, or does not fit.
    """
    labels = None
    if source in PARTS:
        data, labels = open_source(source, run)
        kind, names = "row", range(len(data))
    else:
        path = Path(source).expanduser()
        read = read_examples(path, run)
        data = PackedDataset.unlabelled(read.x)
        source, kind, names = path.name, read.kind, read.names
    rows = _chosen(len(data) if labels is None else labels.labelled, most, derive(seed, source))
    some = data.subset(torch.tensor(rows))
    x = np.concatenate([batch.x.flatten(1).numpy() for batch in some.batches()])
    z = torch.cat(list(codes_of(module, some))).double().numpy()
    return Points(source, kind, [names[row] for row in rows], some, x, z, _labels(labels, rows))


def _chosen(n: int, most: int, seed: int) -> list[int]:
    """Return the places of all n, or of `most` of them at random, in order."""
    return sorted(permutation(n, seed)[:most].tolist())


def _labels(labels: Labels | None, rows: list[int]) -> np.ndarray | None:
    # A label that was added later is not known of older examples.
    return None if labels is None else (labels.y[rows] == 1).astype(np.uint8)
