"""Labels that the data say something of, among those of a model that labels were added to."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torchmetrics import MetricCollection
from torchmetrics.functional.classification import binary_average_precision

from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.spec import Shape, Spec
from narrows.tasks.base import UNKNOWN, Batch, Task
from narrows.tasks.multi_label import MultiLabel


def targets(y: Tensor, names: Sequence[str], labels: Sequence[str]) -> Tensor:
    """Return y with a column for each of `labels`, UNKNOWN where the data have no such label.

    Args:
        y: (n, k).
        names: of its columns.
        labels: that are wanted.
    """
    wanted = torch.full((len(y), len(labels)), UNKNOWN, dtype=torch.uint8)
    for place, label in enumerate(labels):
        if label in names:
            wanted[:, place] = y[:, names.index(label)]
    return wanted


@torch.no_grad()
def outputs_of(module: Module, data: PackedDataset) -> Tensor:
    """Return the module's outputs on all examples, (n, k), before they become probabilities."""
    module.eval()
    return torch.cat([module(batch.x.to(module.device)).cpu() for batch in data.batches()])


@torch.no_grad()
def outputs_of_both(old: Module, grown: Module, data: PackedDataset) -> tuple[Tensor, Tensor]:
    """Return the outputs of a model and of what it has grown into, whose encoder is the same.

    Codes are computed once.

    Raises:
        ValueError: if the encoders differ.
    """
    weights, grown_weights = old.encoder.state_dict(), grown.encoder.state_dict()
    if not all(torch.equal(value, grown_weights[name]) for name, value in weights.items()):
        raise ValueError("the encoders differ")
    outputs = []
    for batch in data.batches():
        z = old.encoder.eval()(batch.x)
        outputs.append((old.decoder(z), grown.decoder(z)))
    before, after = zip(*outputs, strict=True)
    return torch.cat(before), torch.cat(after)


def average_precisions(scores: Tensor, y: Tensor) -> list[float | None]:
    """Return each label's average precision; None where it is not known or has no positive.

    Args:
        scores: (n, k).
        y: (n, k), as `targets` gives it.
    """
    return [
        float(binary_average_precision(scores[:, i], y[:, i].long())) if measurable else None
        for i, measurable in enumerate(((y == 1).any(0) & (y != UNKNOWN).all(0)).tolist())
    ]


def measures_of(
    module: Module, outputs: Tensor, wanted: Tensor, names: Sequence[str]
) -> dict[str, float]:
    """Return the task's measures of the labels that the data know.

    Args:
        module: whose outputs these are.
        outputs: (n, k).
        wanted: (n, k), as `targets` gives it.
        names: of the data's labels.
    """
    task = module.task if isinstance(module.task, KnownLabels) else None
    measures = (task or KnownLabels(module.task, module.spec.labels, names)).metrics(module.spec)
    measures.update(module.loss.predict(outputs), wanted.long())
    return {name: float(value) for name, value in measures.compute().items()}


class KnownLabels:
    """The task of a grown model, which measures the labels that its data know.

    Args:
        task: of the model.
        labels: of the model.
        names: of the data's labels.
    """

    needs_labels = True

    def __init__(self, task: Task, labels: Sequence[str], names: Sequence[str]) -> None:
        self.task, self.monitor = task, task.monitor
        self.columns = [place for place, label in enumerate(labels) if label in names]

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return (x, y)."""
        return self.task.prepare(batch)

    def out_shape(self, spec: Spec) -> Shape:
        """Return (k,)."""
        return self.task.out_shape(spec)

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return the task's measures, of the known labels alone."""
        known = replace(spec, labels=tuple(spec.labels[i] for i in self.columns))
        return _OfColumns(MultiLabel(known).metrics(known), self.columns)


class _OfColumns(MetricCollection):
    """Measures of some columns of what they are given."""

    def __init__(self, measures: MetricCollection, columns: list[int]) -> None:
        super().__init__(dict(measures.items()), compute_groups=False)
        self.columns = columns

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Add a batch, (batch, k)."""
        super().update(prediction[:, self.columns], target[:, self.columns])
