"""Measures that torchmetrics has in another form; each is computed over the whole split."""

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MultilabelAveragePrecision
from torchmetrics.functional.classification import binary_average_precision
from torchmetrics.utilities.data import dim_zero_cat


class SquaredErrorPerExample(Metric):
    """SSE: squared error summed over the values of an example, averaged over examples."""

    higher_is_better = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Add a batch, (batch, ...)."""
        self.total += (prediction - target).square().sum()
        self.count += len(target)

    def compute(self) -> Tensor:
        """Return the mean over all examples seen."""
        return self.total / self.count


class MacroAveragePrecision(MultilabelAveragePrecision):
    """Mean over labels of the area under the precision-recall curve.

    Labels without a positive in the split have no average precision: they are left out of the
    mean, and `LabelsWithoutPositive` counts them.
    """

    def __init__(self, num_labels: int) -> None:
        super().__init__(num_labels=num_labels, average="none", thresholds=None)

    def compute(self) -> Tensor:
        """Return the mean, or nan if no label has a positive."""
        prediction, target = dim_zero_cat(self.preds), dim_zero_cat(self.target)
        scores = [
            binary_average_precision(prediction[:, label], target[:, label])
            for label in target.sum(0).nonzero().flatten().tolist()
        ]
        return torch.stack(scores).mean() if scores else torch.tensor(torch.nan)


class LabelsWithoutPositive(Metric):
    """Number of labels that no example of the split has."""

    full_state_update = False
    positives: Tensor

    def __init__(self, num_labels: int) -> None:
        super().__init__()
        self.add_state("positives", torch.zeros(num_labels), dist_reduce_fx="sum")

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Add a batch, (batch, k)."""
        self.positives += target.sum(0)

    def compute(self) -> Tensor:
        """Return the count."""
        return (self.positives == 0).sum().float()
