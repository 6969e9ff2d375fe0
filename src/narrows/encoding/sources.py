"""What a command reads for a run: a part of the run's own data, or a file or folder like them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from narrows.errors import UserError
from narrows.loading import PackedDataset
from narrows.new_examples import data_of, read_examples
from narrows.packing import read_card, read_spec

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Labels:
    """Labels of examples.

    Attributes:
        names: of the k labels.
        y: (n, k), 0 or 1.
        labelled: how many examples have labels, which are the first ones.
    """

    names: tuple[str, ...]
    y: np.ndarray
    labelled: int


def open_source(source: str, run: Path) -> tuple[PackedDataset, Labels | None]:
    """Return examples, and the labels that are known of them.

    Args:
        source: train, val or test, for a part of the run's own data; else a file or folder. One of
            these that is called so is named with its folder, ./test.
        run: folder of the trained run.

    Raises:
        UserError: if it cannot be read, or does not fit.
    """
    data = data_of(run)
    if source in PARTS:
        part = PackedDataset.open(data, source)
        if len(part) == 0:
            raise UserError(f"the {source} part of the run's data holds no example; name another")
        labelled = read_card(data)["parts"][source]["labelled"]
        names = read_spec(data).labels
        return part, Labels(names, part.y.numpy(), labelled) if labelled and names else None
    return PackedDataset.unlabelled(read_examples(Path(source).expanduser(), run).x), None
