"""What the measures on the test part are called, and in which groups a page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf

from narrows.study.intervals import Estimate

_NAMES = {
    "average_precision": "average precision",
    "micro_average_precision": "average precision, micro",
    "micro_f1": "micro-F1",
    "macro_f1": "macro-F1",
    "example_f1": "F1 per example",
    "hamming_loss": "Hamming loss",
    "label_ranking_average_precision": "label ranking average precision",
    "cooccurrence_lift_error": "lift error",
    "cooccurrence_lift_error_shuffled": "lift error, shuffled",
    "cooccurrence_correlation": "correlation",
    "cooccurrence_correlation_shuffled": "correlation, shuffled",
    "sse": "SSE",
    "psnr": "PSNR (dB)",
    "psnr_rgb": "PSNR of RGB (dB)",
    "psnr_y": "PSNR of Y (dB)",
    "psnr_ab": "PSNR of ab (dB)",
    "ssim": "SSIM",
    "ssim_y": "SSIM of Y",
    "ms_ssim": "MS-SSIM",
    "ms_ssim_y": "MS-SSIM of Y",
    "delta_e": "CIEDE2000",
    "ab_distance": "distance in ab",
}
# Endings of what uses values chosen on the validation part; the longer one first.
_CHOSEN = {"_tuned_per_label": ("a threshold per label", "calibrated per label"),
           "_tuned": ("one threshold", "calibrated")}  # fmt: skip
_LESS_IS_BETTER = (
    "hamming_loss",
    "ranking_loss",
    "coverage",
    "calibration_error",
    "cooccurrence_lift_error",
    "sse",
    "delta_e",
    "ab_distance",
)
# What values can be, by how measures' names start; of others nothing is known.
_RANGES: dict[tuple[str, ...], tuple[float, float]] = {
    (
        "average_precision", "micro_average_precision", "label_ranking_average_precision",
        "micro_f1", "macro_f1", "example_f1", "hamming_loss", "subset_accuracy", "ranking_loss",
        "precision_at_", "calibration_error", "matched",
    ): (0.0, 1.0),
    ("cooccurrence_correlation", "ssim", "ms_ssim"): (-1.0, 1.0),
    ("cooccurrence_lift_error", "coverage", "alignment", "sse", "delta_e", "ab_distance"): (
        0.0, inf,
    ),
}  # fmt: skip
# Facts of the test part, the same for all methods.
_FACTS = ("labels_without_positive", "examples_without_label")
_DECIDED = ("micro_f1", "macro_f1", "example_f1", "hamming_loss", "subset_accuracy")
_GROUPS = {
    "Ranking of examples, for each label": ("average_precision", "micro_average_precision"),
    "Ranking of labels, for each example": (
        "label_ranking_average_precision", "ranking_loss", "coverage",
        "precision_at_1", "precision_at_3", "precision_at_5",
    ),
    "Decisions at probability 1/2": _DECIDED,
    "Decisions with one threshold": tuple(f"{name}_tuned" for name in _DECIDED),
    "Decisions with a threshold per label": tuple(f"{name}_tuned_per_label" for name in _DECIDED),
    "Probabilities": (
        "calibration_error", "calibration_error_tuned", "calibration_error_tuned_per_label",
    ),
    "Co-occurrence of labels": (
        "cooccurrence_lift_error", "cooccurrence_lift_error_shuffled",
        "cooccurrence_correlation", "cooccurrence_correlation_shuffled",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Measures that stand together, with a heading."""

    name: str
    measures: list[str]


def measure_name(measure: str) -> str:
    """Return what people call a measure, e.g. 'micro-F1, one threshold'."""
    for ending, (decided, mapped) in _CHOSEN.items():
        if measure.endswith(ending):
            start = measure.removesuffix(ending)
            return f"{measure_name(start)}, {mapped if start == 'calibration_error' else decided}"
    return _NAMES.get(measure, measure.replace("_", " "))


def less_is_better(measure: str) -> bool:
    """Return whether a smaller value is a better one."""
    return measure.startswith(_LESS_IS_BETTER)


def within_range(value: Estimate, measure: str) -> Estimate:
    """Return an estimate whose interval ends where the measure's values do, as it is shown."""
    if value.low is None or value.high is None:
        return value
    ranges = (ends for names, ends in _RANGES.items() if measure.startswith(names))
    least, most = next(ranges, (-inf, inf))
    return replace(value, low=max(value.low, least), high=min(value.high, most))


def grouped_measures(measured: Iterable[str], facts: bool = False) -> list[Group]:
    """Return the measures in groups.

    Args:
        measured: their names.
        facts: have a group of what does not depend on the method; else it is left out.
    """
    found = list(measured)
    left = [name for name in found if name not in _FACTS]
    groups = []
    for heading, names in _GROUPS.items():
        groups.append(Group(heading, [name for name in names if name in left]))
        left = [name for name in left if name not in names]
    groups.append(Group("Others", left))
    if facts:
        groups.append(Group("The test part", [name for name in _FACTS if name in found]))
    return [group for group in groups if group.measures]
