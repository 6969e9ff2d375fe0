"""All measures of multi-label predictions over a split, from one pass over it."""

from math import isnan
from typing import Any

import torch
from torch import Tensor
from torchmetrics.functional.classification import (
    multilabel_exact_match,
    multilabel_f1_score,
    multilabel_hamming_distance,
)

from narrows.measuring import ranking
from narrows.measuring.calibration import calibrate, calibration_error
from narrows.measuring.cooccurrence import agreement, cooccurrence, shuffled
from narrows.measuring.decisions import Decisions
from narrows.measuring.ranking import Ranking, ranked
from narrows.measuring.thresholds import HALF, exceed

FIRST = (1, 3, 5)
# Labels that a heat map has room for.
_SHOWN = 30
# Suffixes of what uses the values chosen on the validation part, shared by all labels or not.
TUNED, TUNED_PER_LABEL = "_tuned", "_tuned_per_label"


def label_precision(prediction: Tensor, target: Tensor) -> Tensor:
    """Return each label's average precision, (k,); nan for one that no example has."""
    return ranking.average_precision(ranked(prediction.T, target.T))


def measure(
    prediction: Tensor, target: Tensor, precision: Tensor, decisions: Decisions | None = None
) -> dict[str, float]:
    """Return all measures by name.

    Measures of decisions count a prediction of more than 1/2 as a positive; those that end in
    '_tuned' have the one threshold, and '_tuned_per_label' each label's own. Of nothing, F1 is 0
    and not undefined, as in scikit-learn: for a label that no example has, and for an example
    without a label, even if none is predicted. Other conventions are with the functions.

    Args:
        prediction: probabilities, (n, k).
        target: (n, k), 0 or 1.
        precision: of each label, as `label_precision` gives it.
        decisions: chosen on other examples; without them nothing tuned is measured.
    """
    every = ranked(prediction.reshape(1, -1), target.reshape(1, -1))
    values = {
        "average_precision": float(precision.nanmean()),
        "micro_average_precision": float(ranking.average_precision(every)),
        **_of_decisions(exceed(prediction, HALF), target),
        **_of_examples(ranked(prediction, target)),
    }
    values["calibration_error"] = calibration_error(prediction, target)
    if decisions is not None:
        values |= _tuned(prediction, target, decisions)
    values |= _of_pairs(prediction, target)
    values["labels_without_positive"] = float((target.sum(0) == 0).sum())
    values["examples_without_label"] = float((target.sum(1) == 0).sum())
    return values


def _of_examples(examples: Ranking) -> dict[str, float]:
    """Return what depends on the order of labels within each example."""
    k = examples.rank.shape[1]
    return {
        "ranking_loss": float(ranking.ranking_loss(examples)),
        "label_ranking_average_precision": float(ranking.label_ranking_average_precision(examples)),
        "coverage": float(ranking.coverage(examples)),
        **{f"precision_at_{m}": float(ranking.precision_at(examples, m)) for m in FIRST if m <= k},
    }


def _of_decisions(decided: Tensor, target: Tensor, suffix: str = "") -> dict[str, float]:
    """Return what depends on which labels each example is given, (n, k)."""
    n, k = target.shape
    # As bytes: torchmetrics goes over them many times.
    pair, turned = (decided.byte(), target.byte()), (decided.T.byte(), target.T.byte())
    how = {"num_labels": k, "validate_args": False}
    values = {
        "micro_f1": multilabel_f1_score(*pair, average="micro", **how),
        "macro_f1": multilabel_f1_score(*pair, average="macro", **how),
        # Macro-F1 with examples in the place of labels; averages "samplewise" fail for one label.
        "example_f1": multilabel_f1_score(*turned, n, average="macro", validate_args=False),
        "hamming_loss": multilabel_hamming_distance(*pair, average="micro", **how),
        "subset_accuracy": multilabel_exact_match(*pair, **how),
    }
    return {f"{name}{suffix}": float(value) for name, value in values.items()}


def _tuned(prediction: Tensor, target: Tensor, decisions: Decisions) -> dict[str, float]:
    values: dict[str, float] = {}
    for suffix, thresholds, platt in (
        (TUNED, decisions.threshold, decisions.platt),
        (TUNED_PER_LABEL, decisions.thresholds, decisions.platts),
    ):
        decided = exceed(prediction, torch.tensor(thresholds, dtype=torch.float64))
        a, b = torch.tensor(platt, dtype=torch.float64).unbind(-1)
        values |= _of_decisions(decided, target, suffix)
        values[f"calibration_error{suffix}"] = calibration_error(
            calibrate(prediction, a, b), target
        )
    return values


def _of_pairs(prediction: Tensor, target: Tensor) -> dict[str, float]:
    """Return how well labels' co-occurrence is predicted, and by predictions without structure.

    What the split's labels do not define is left out.
    """
    found, control = agreement(prediction, target), agreement(shuffled(prediction), target)
    values = {
        "cooccurrence_correlation": found.correlation,
        "cooccurrence_correlation_shuffled": control.correlation,
        "cooccurrence_lift_error": found.lift_error,
        "cooccurrence_lift_error_shuffled": control.lift_error,
    }
    return {name: value for name, value in values.items() if not isnan(value)}


def per_label(
    prediction: Tensor, target: Tensor, precision: Tensor, decisions: Decisions | None = None
) -> dict[str, list[Any]]:
    """Return average precision and F1 of each label, and how many examples have it.

    Average precision is None for a label that no example of the split has.
    """
    found = {
        "positives": target.sum(0).long().tolist(),
        "average_precision": [None if isnan(v) else v for v in _rounded(precision)],
        "f1": _label_f1(exceed(prediction, HALF), target),
    }
    if decisions is not None:
        thresholds = torch.tensor(decisions.thresholds, dtype=torch.float64)
        found[f"f1{TUNED_PER_LABEL}"] = _label_f1(exceed(prediction, thresholds), target)
    return found


def _label_f1(decided: Tensor, target: Tensor) -> list[float]:
    k = target.shape[1]
    pair = decided.byte(), target.byte()
    each = multilabel_f1_score(*pair, k, average="none", validate_args=False)
    return _rounded(each.reshape(k))


def _rounded(values: Tensor) -> list[Any]:
    """Return values with four digits after the point: they are to be looked at."""
    return [_rounded(v) if v.dim() else round(float(v), 4) for v in values]


def heat_map(prediction: Tensor, target: Tensor, labels: tuple[str, ...]) -> dict[str, list[Any]]:
    """Return co-occurrences of the 30 most frequent labels, most frequent first.

    Returns:
        The labels' names, and as matrices the observed, the predicted, and the predicted without
        structure.
    """
    most = target.sum(0).sort(descending=True, stable=True).indices[:_SHOWN]
    p, y = prediction[:, most], target[:, most]
    return {
        "labels": [labels[i] for i in most.tolist()],
        "observed": _rounded(cooccurrence(y)),
        "predicted": _rounded(cooccurrence(p)),
        "shuffled": _rounded(cooccurrence(shuffled(p))),
    }
