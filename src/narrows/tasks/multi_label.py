"""Multi-label classification: x in, k logits out, ŷ = V h(W x)."""

from torch import Tensor
from torchmetrics import MetricCollection
from torchmetrics.classification import MultilabelF1Score

from narrows.errors import UserError
from narrows.metrics import LabelsWithoutPositive, MacroAveragePrecision
from narrows.spec import Shape, Spec
from narrows.tasks.base import Batch


class MultiLabel:
    """loss(decoder(encoder(x)), y) with y in {0, 1}^k.

    Predictions are probabilities; F1 counts one of at least 1/2 as a positive. A label that no
    example of the split has is left out of average precision, and has an F1 of 0 in macro-F1.
    """

    monitor = "average_precision"
    needs_labels = True

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return (x, y)."""
        return batch.x, batch.y.float()

    def out_shape(self, spec: Spec) -> Shape:
        """Return (k,)."""
        if not spec.labels:
            raise UserError("task=multi_label needs a dataset with labels; this one has none")
        return (len(spec.labels),)

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return average precision (macro), F1 (micro and macro), and what they leave out."""
        k = len(spec.labels)
        return MetricCollection(
            {
                "average_precision": MacroAveragePrecision(k),
                "micro_f1": MultilabelF1Score(k, average="micro"),
                "macro_f1": MultilabelF1Score(k, average="macro"),
                "labels_without_positive": LabelsWithoutPositive(k),
            },
            compute_groups=False,
        )
