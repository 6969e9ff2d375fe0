"""What is chosen on the validation part once a run is trained: thresholds and calibration."""

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor

from narrows.measuring import calibration
from narrows.measuring.thresholds import best_thresholds

# With fewer examples of either kind, a choice for the label alone is mostly noise.
LEAST = 5


@dataclass(frozen=True)
class Decisions:
    """Thresholds and calibration, for all labels together and for each alone.

    A label with fewer than 5 validation examples that have it, or fewer than 5 that do not, takes
    the shared values: `own` says which labels have values of their own.

    Attributes:
        own: for each of the k labels, whether its values were chosen for it alone.
        threshold: the one threshold with the largest micro-F1.
        thresholds: for each label, the one with its largest F1.
        platt: a and b of σ(a logit(p) + b), for all labels.
        platts: for each label.
    """

    own: list[bool]
    threshold: float
    thresholds: list[float]
    platt: list[float]
    platts: list[list[float]]

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Decisions":
        """Return what had been turned into JSON; other keys are left out."""
        return cls(**{f.name: values[f.name] for f in fields(cls)})


def is_exclusive(target: Tensor) -> bool:
    """Return whether each example has exactly one of several labels, (n, k), as with classes."""
    n, k = target.shape
    return n > 0 and k > 1 and bool((target.sum(1) == 1).all())


def decide(prediction: Tensor, target: Tensor) -> Decisions:
    """Choose thresholds and calibration.

    Args:
        prediction: probabilities on the validation part, (n, k).
        target: (n, k), 0 or 1.
    """
    columns, truth = prediction.T.contiguous(), target.T.contiguous()
    every, all_truth = columns.reshape(1, -1), truth.reshape(1, -1)
    positives = truth.sum(1)
    own = torch.minimum(positives, truth.shape[1] - positives) >= LEAST
    threshold = best_thresholds(every, all_truth)
    platt = calibration.fit(every, all_truth, torch.tensor([1.0, 0.0]))
    thresholds, platts = threshold.repeat(len(own)), platt.repeat(len(own), 1)
    if own.any():
        thresholds[own] = best_thresholds(columns[own], truth[own])
        platts[own] = calibration.fit(columns[own], truth[own], platt[0])
    return Decisions(
        own=own.tolist(),
        threshold=float(threshold),
        thresholds=thresholds.tolist(),
        platt=platt[0].tolist(),
        platts=platts.tolist(),
    )
