"""Multi-label classification: x in, k logits out, ŷ = V h(W x)."""

from typing import Any

from torch import Tensor
from torchmetrics import MetricCollection

from narrows.errors import UserError, nearest
from narrows.measuring.decisions import Decisions, decide, is_exclusive
from narrows.measuring.measures import heat_map, label_precision, measure, per_label
from narrows.metrics import F1, LabelsWithoutPositive, MacroAveragePrecision
from narrows.spec import Shape, Spec
from narrows.tasks.base import Assessment, Batch

# A name such as 7 is a number in YAML.
Names = list[str | int]


class MultiLabel:
    """loss(decoder(encoder(x)), y) with y in {0, 1}^k.

    Predictions are probabilities; F1 counts one of more than 1/2 as a positive. A label that no
    example of the split has is left out of average precision, and has an F1 of 0 in macro-F1. At
    the end of a run there are more measures, and thresholds and calibration that are chosen on the
    validation part: see `narrows.measuring`.

    Args:
        spec: of the examples, with all their labels.
        only: names of the labels to learn; None for all.
        without: names of labels that are not learned, so that others can be later.

    Raises:
        UserError: if there are no labels, or none of that name.
    """

    monitor = "average_precision"
    needs_labels = True

    def __init__(self, spec: Spec, only: Names | None = None, without: Names | None = None) -> None:
        if not spec.labels:
            raise UserError("task=multi_label needs a dataset with labels; this one has none")
        kept = set(spec.labels if only is None else _known("only", only, spec.labels))
        kept -= _known("without", without or [], spec.labels)
        if not kept:
            raise UserError("task.only and task.without leave no label to learn; name fewer")
        self.columns = [i for i, name in enumerate(spec.labels) if name in kept]
        self.labels = tuple(spec.labels[i] for i in self.columns)
        self.every = len(kept) == len(spec.labels)

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return (x, y), y having the columns of the labels that are learned."""
        y = batch.y if self.every else batch.y[:, self.columns]
        return batch.x, y.float()

    def out_shape(self, spec: Spec) -> Shape:
        """Return (k,), k being the number of labels that are learned."""
        return (len(self.labels),)

    def metrics(self, spec: Spec) -> MetricCollection:
        """Return average precision (macro), F1 (micro and macro), and what they leave out."""
        k = len(self.labels)
        return MetricCollection(
            {
                "average_precision": MacroAveragePrecision(),
                "micro_f1": F1(k, average="micro", validate_args=False),
                "macro_f1": F1(k, average="macro", validate_args=False),
                "labels_without_positive": LabelsWithoutPositive(k),
            },
            compute_groups=False,
        )

    def decide(self, prediction: Tensor, target: Tensor) -> dict[str, Any]:
        """Return thresholds and calibration, chosen on these examples, and if they have classes."""
        chosen = decide(prediction, target).to_json()
        return {"labels": list(self.labels), "exclusive": is_exclusive(target), **chosen}

    def assess(
        self, prediction: Tensor, target: Tensor, decisions: dict[str, Any] | None
    ) -> Assessment:
        """Return all measures; as details each label's, and which labels come together."""
        chosen = Decisions.from_json(decisions) if decisions else None
        precision = label_precision(prediction, target)
        return Assessment(
            measure(prediction, target, precision, chosen),
            {
                "labels": list(self.labels),
                "per_label": per_label(prediction, target, precision, chosen),
                "cooccurrence": heat_map(prediction, target, self.labels),
            },
        )


def _known(option: str, names: Names, labels: tuple[str, ...]) -> set[str]:
    """Return the names as text.

    Raises:
        UserError: for the first one that is no label.
    """
    for name in map(str, names):
        if name not in labels:
            raise UserError(f"task.{option}: there is no label {name!r}{nearest(name, labels)}")
    return set(map(str, names))
