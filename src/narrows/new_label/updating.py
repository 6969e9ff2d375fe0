"""All weights trained once more, old examples mixed with new ones, so that old labels are kept."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from narrows.config import Config
from narrows.loading import PackedData, PackedDataset, labelled_subset
from narrows.module import Module
from narrows.new_label.known import KnownLabels, targets
from narrows.recording import Recorder
from narrows.replay import Joined, ReplaySampler
from narrows.sparse import SparseRows
from narrows.tasks.base import UNKNOWN
from narrows.training import fit

Rows = Tensor | SparseRows


@dataclass(frozen=True)
class NewExamples:
    """Examples of a new label.

    Attributes:
        positives: (n₊, ...).
        negatives: (n₋, ...), or None if training examples stand for them.
    """

    positives: Rows
    negatives: Rows | None

    def known(self, x: Rows, otherwise: int) -> Tensor:
        """Return what is known of the new label for examples x, (n,) uint8.

        Args:
            x: (n, ...), some of which may be these.
            otherwise: for those that are none of these.
        """
        y = torch.full((len(x),), otherwise, dtype=torch.uint8)
        if self.negatives is not None:
            y[same(x, self.negatives)] = 0
        y[same(x, self.positives)] = 1
        return y


def same(x: Rows, others: Rows) -> Tensor:
    """Tell which of the examples x are among others, value for value; (n,) bool."""
    wanted = set(_bytes(others))
    return torch.tensor([row in wanted for row in _bytes(x)], dtype=torch.bool)


def numbered(x: Rows, others: Rows) -> Tensor:
    """Number the examples of both from 0 on, equal ones with the same number; (n + m,)."""
    numbers: dict[bytes, int] = {}
    return torch.tensor([numbers.setdefault(r, len(numbers)) for r in _bytes(x) + _bytes(others)])


def _bytes(x: Rows, block: int = 1024) -> list[bytes]:
    blocks = (x[start : start + block] for start in range(0, len(x), block))
    return [row.tobytes() for rows in blocks for row in rows.contiguous().numpy()]


def update(
    config: Config,
    module: Module,
    new: NewExamples,
    names: tuple[str, ...],
    data: Path,
    recorder: Recorder,
    bar: bool,
) -> None:
    """Train all of the module's weights on old and new examples.

    Old examples have their old labels. The new one they have as far as it is known; where no
    negatives are given, all others stand for them. Of new examples, old labels are unknown: these
    are left out of the loss.

    Args:
        config: of the grown run.
        module: of the grown run, with weights to start from.
        new: the new examples.
        names: of the data's labels.
        data: folder of the prepared data.
        recorder: that has the state to go on from.
        bar: show Lightning's progress bar.
    """
    labels = module.spec.labels
    module.task = KnownLabels(module.task, labels, names)
    module.measures = module.task.metrics(module.spec)
    module.requires_grad_(True).train()
    loader = replayed(config, new, names, labels, data)
    fit(config, module, loader, recorder, bar=bar)
    module.cpu().eval()


def replayed(
    config: Config, new: NewExamples, names: tuple[str, ...], labels: tuple[str, ...], data: Path
) -> PackedData:
    """Return batches of old and new examples, and the validation part with unknown labels."""
    seed = config["seed"]
    whole = PackedDataset.open(data, "train", labelled=True)
    old = labelled_subset(whole, config["labels"], seed)
    y = targets(old.y, names, labels)
    y[:, -1] = new.known(old.x, 0 if new.negatives is None else UNKNOWN)
    rows: Rows | Joined = new.positives
    if new.negatives is not None:
        rows = Joined(new.positives, new.negatives)
    fresh = torch.full((len(rows), len(labels)), UNKNOWN, dtype=torch.uint8)
    fresh[:, -1] = torch.arange(len(rows)) < len(new.positives)
    train = PackedDataset(Joined(old.x, rows), torch.cat([y, fresh]))  # pyright: ignore
    replay, size = config["new_label"]["replay"], config["batch_size"]
    val = PackedDataset.open(data, "val", labelled=True)
    return PackedData(
        train,
        PackedDataset(val.x, targets(val.y, names, labels)),
        size,
        None,
        seed,
        ReplaySampler(len(old), len(rows), size, replay, seed),
    )
