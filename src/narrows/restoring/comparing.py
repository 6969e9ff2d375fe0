"""Restored pictures against what other methods make of the same ones, picture by picture."""

from dataclasses import dataclass

from narrows.report.measures import less_is_better
from narrows.restoring.measure import Pair, Protocol, Restore, measure
from narrows.study.intervals import Estimate, estimate

# Best is what is nearest to the true picture's, which is neither less nor more.
_NO_BEST = ("colourfulness",)


@dataclass(frozen=True)
class Compared:
    """One measure of all methods.

    Attributes:
        measure: its name.
        methods: mean over the pictures and its 95 % interval, by method, the first being ours.
        best: the best of the others; None where more is neither better nor worse.
        difference: ours minus the best one's, taken picture by picture.
    """

    measure: str
    methods: dict[str, Estimate]
    best: str | None
    difference: Estimate | None


def compare(
    name: str, ours: Restore, others: dict[str, Restore], pairs: list[Pair], protocol: Protocol
) -> list[Compared]:
    """Measure all methods on the same pictures.

    Args:
        name: of ours.
        ours: gives a picture for a given one.
        others: as well, by name.
        pairs: of what is given and what is true.
        protocol: of the measurement.
    """
    scores = {n: measure(f, pairs, protocol) for n, f in {name: ours, **others}.items()}
    return [_compared(kind, {n: s[kind] for n, s in scores.items()}) for kind in scores[name]]


def _compared(kind: str, scores: dict[str, list[float]]) -> Compared:
    """Compare the values of one measure, one for each picture, by method."""
    estimates = {name: estimate(values) for name, values in scores.items()}
    mine, *others = scores
    if kind in _NO_BEST or not others:
        return Compared(kind, estimates, None, None)
    sign = -1 if less_is_better(kind) else 1
    best = max(others, key=lambda name: sign * estimates[name].mean)
    pairs = zip(scores[mine], scores[best], strict=True)
    return Compared(kind, estimates, best, estimate([a - b for a, b in pairs]))
