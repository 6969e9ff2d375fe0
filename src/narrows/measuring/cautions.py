"""What to keep in mind with predictions of labels, in sentences."""

from typing import Any

from torch import Tensor

from narrows.measuring.decisions import is_exclusive
from narrows.measuring.measures import TUNED_PER_LABEL
from narrows.report.text import counted, listed
from narrows.tasks.base import Assessment

_F1 = f"f1{TUNED_PER_LABEL}"


def cautions(assessed: Assessment, target: Tensor) -> list[str]:
    """Return what a split's measures are not to be mistaken for; nothing where all is well.

    Args:
        assessed: a split's measures and details.
        target: of the split, (n, k).
    """
    told, labels = list[str](), assessed.details["labels"]
    if is_exclusive(target):
        accuracy = f"{assessed.measures['precision_at_1']:.5g}"
        told.append(
            f"every test example has exactly one label: precision at 1, {accuracy}, is the "
            "accuracy of the most probable one before calibration; decisions by thresholds may "
            "give an example no label or several"
        )
    if names := _at_chance(labels, assessed.details["per_label"], len(target)):
        told.append(
            f"thresholds at chance, for {len(names):,} of {counted(len(labels), 'label')} "
            f"({listed(names)}): on the test part F1 with them is no larger than with a yes for "
            "every example; train longer, or go by probabilities"
        )
    return told


def _at_chance(labels: list[str], found: dict[str, list[Any]], n: int) -> list[str]:
    """Return the labels whose F1 is no larger than that of a yes for every example, 2p / (1 + p).

    Labels that no example has are left out, as is one that all have: there is nothing to tell.
    """
    if _F1 not in found:
        return []
    rows = zip(labels, found["positives"], found[_F1], strict=True)
    # F1 is rounded to four digits.
    return [name for name, m, f1 in rows if 0 < m < n and f1 <= round(2 * m / (n + m), 4)]
