"""Measures that torchmetrics has in another form; each is computed over the whole split."""

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MultilabelF1Score
from torchmetrics.utilities.data import dim_zero_cat

from narrows.measuring.ranking import average_precision, ranked


class MeanOverExamples(Metric):
    """The mean over all examples of a value that `of_each` gives."""

    full_state_update = False
    higher_is_better = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def of_each(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return values of a batch, which sum to those of its examples."""
        raise NotImplementedError

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Add a batch, (batch, ...)."""
        self.total += self.of_each(prediction, target).sum()
        self.count += len(target)

    def compute(self) -> Tensor:
        """Return the mean over all examples seen."""
        return self.total / self.count


class SquaredErrorPerExample(MeanOverExamples):
    """SSE: squared error summed over the values of an example, averaged over examples."""

    def of_each(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the squared error of each value."""
        return (prediction - target).square()


class ColourDistance(MeanOverExamples):
    """Mean over pixels of the distance √(Δa² + Δb²) of colours, averaged over images."""

    def __init__(self, unit: float) -> None:
        super().__init__()
        self.unit = unit

    def of_each(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the mean distance of each image, (batch, 2, H, W) to (batch,)."""
        return (prediction - target).norm(dim=1).mean((1, 2)) * self.unit


class MacroAveragePrecision(Metric):
    """Mean over labels of the area under the precision-recall curve.

    Labels without a positive in the split have no average precision: they are left out of the
    mean, and `LabelsWithoutPositive` counts them. torchmetrics' own goes through the labels one by
    one, and turns a batch into probabilities if it has a value outside [0, 1].
    """

    full_state_update = False
    preds: list[Tensor]
    target: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("preds", [], dist_reduce_fx="cat")
        self.add_state("target", [], dist_reduce_fx="cat")

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Add a batch, (batch, k)."""
        self.preds.append(prediction)
        self.target.append(target)

    def compute(self) -> Tensor:
        """Return the mean, or nan if no label has a positive."""
        prediction, target = dim_zero_cat(self.preds), dim_zero_cat(self.target)
        return average_precision(ranked(prediction.T, target.T)).nanmean()


class F1(MultilabelF1Score):
    """F1 of predictions of more than 1/2, also where some lie outside [0, 1].

    torchmetrics takes a batch with such a value for logits. With validate_args=False it takes one
    label too.
    """

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add a batch, (batch, k)."""
        super().update((preds > self.threshold).long(), target)


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
