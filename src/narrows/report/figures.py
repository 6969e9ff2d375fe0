"""Estimates as people read them."""

from collections.abc import Mapping

from narrows.report.measures import within_range
from narrows.study.intervals import SIGNIFICANT, Estimate
from narrows.study.savings import Reading, Saving, Side


def interval(value: Estimate | None, digits: int = 3) -> str:
    """Write an estimate as 'mean [low, high]'."""
    return _written(value, f".{digits}f")


def measured(values: Mapping[str, Estimate], measure: str, digits: int = 3) -> str:
    """Write a measure as 'mean [low, high]', the interval cut off where its values end."""
    return interval(within_range(values[measure], measure), digits)


def error_bars(value: Estimate) -> tuple[float, float]:
    """Return how far the interval reaches below and above the mean: nowhere without one."""
    if value.low is None or value.high is None:
        return 0.0, 0.0
    return value.mean - value.low, value.high - value.mean


def signed(value: Estimate | None) -> str:
    """Write a difference as '+mean [low, high]'."""
    return _written(value, "+.3f")


def _written(value: Estimate | None, form: str) -> str:
    if value is None:
        return "–"
    if value.low is None or value.high is None:
        text = f"{value.mean:{form}}"
    else:
        text = f"{value.mean:{form}} [{value.low:{form}}, {value.high:{form}}]"
    return text.replace("-", "−")


def plus_minus(value: Estimate | None, form: str) -> str:
    """Write an estimate as 'mean ± half-width'."""
    if value is None:
        return "–"
    half = "" if value.half_width is None else f" ± {value.half_width:.3f}"
    return f"{value.mean:{form}}{half}".replace("-", "−")


def p_value(p: float | None) -> str:
    """Write a p-value, e.g. '0.031' or '<0.001', with more digits near what decides."""
    if p is None:
        return "–"
    if p < 0.001:
        return "<0.001"
    if round(p, 3) == SIGNIFICANT != p:
        return f"{p:.5f}"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_exact(p: float | None) -> str:
    """Write the p-value of an exact test with three digits, e.g. '0.0625', or '<0.001'."""
    if p is None:
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3g}"


def p_text(p: float) -> str:
    """Write 'p = 0.031' or 'p < 0.001', with spaces at which no line ends."""
    text = p_value(p)
    return f"p\xa0<\xa0{text[1:]}" if text.startswith("<") else f"p\xa0=\xa0{text}"


def chance(value: Estimate | None) -> str:
    """Write a probability with its interval, e.g. '1.00 [0.48, 1.00]'."""
    return _written(value, ".2f")


def megabytes(value: float | None) -> str:
    """Write an amount of memory in MB, a dash where it was not measured."""
    return "–" if value is None else f"{value:,.0f}"


def seconds(value: float) -> str:
    """Write seconds, a dash where nothing was done."""
    return f"{value:,.1f}" if value else "–"


def labels_read(reading: Reading) -> str:
    """Write a number of labels that was read off a curve, e.g. '431' or '>1,000'."""
    return f"{reading.side}{reading.labels:,.0f}"


def saved(saving: Saving | None) -> str:
    """Write how many times fewer labels a method needs, e.g. '3.6× [2.9, 4.4]'.

    Where a bound of about 1 would say nothing, it is said on which side of the curve that lies.
    """
    if saving is None:
        return "–"
    if _says_nothing(saving):
        return f"{_OFF_CURVE[saving.needed.side]} the curve"
    point = saved_point(saving)
    if saving.low is None or saving.high is None or saving.low == saving.high:
        return point
    ends = [f"{end.side}{_factor(end.labels / saving.labels)}" for end in (saving.low, saving.high)]
    return f"{point} [{', '.join(ends)}]"


def saved_point(saving: Saving | None) -> str:
    """Write how many times fewer labels a method needs, without the interval, e.g. '3.6×'."""
    if saving is None:
        return "–"
    if _says_nothing(saving):
        return _OFF_CURVE[saving.needed.side]
    return f"{saving.needed.side}{_factor(saving.factor)}×"


def _says_nothing(saving: Saving) -> bool:
    """Return whether all that is known is that one needs more, or fewer, than as many labels."""
    return bool(saving.needed.side) and _factor(saving.factor) == _factor(1)


def _factor(value: float) -> str:
    """Write a factor with two digits, more of them close to 1."""
    return f"{value:.2f}" if value < 2 else f"{value:.1f}" if value < 10 else f"{value:,.0f}"


_OPPOSITE: dict[Side, Side] = {"": "", "<": ">", ">": "<"}
_OFF_CURVE: dict[Side, str] = {"<": "below", ">": "beyond"}
_SIDES = {"": "", "<": "less than ", ">": "more than "}


def times_fewer(saving: Saving) -> str:
    """Write a saving in words, e.g. '3.6× fewer (95 % 2.9–4.4)', or '2.0× as many (…)'.

    Returns:
        Nothing if it is the method's own budget beyond which the other's curve is not known.
    """
    if saving.factor == 1 and saving.needed.side:
        return ""
    more = saving.factor < 1
    side, factor = _relative(saving.needed, saving.labels, inverse=more)
    text = f"{_SIDES[side]}{_factor(factor)}× {'as many' if more else 'fewer'}"
    if saving.low is None or saving.high is None:
        return text
    ends = [_relative(end, saving.labels, inverse=more) for end in (saving.low, saving.high)]
    low, high = reversed(ends) if more else ends
    return f"{text} (95 % {_range(low, high)})"


def _relative(reading: Reading, labels: int, *, inverse: bool) -> tuple[Side, float]:
    factor = reading.labels / labels
    return (_OPPOSITE[reading.side], 1 / factor) if inverse else (reading.side, factor)


def _range(low: tuple[Side, float], high: tuple[Side, float]) -> str:
    """Write an interval whose ends may lie outside of what was measured."""
    (low_side, least), (high_side, most) = low, high
    if low == high or (low_side, high_side) in ((">", ">"), ("<", "<")):
        return f"{_SIDES[low_side]}{_factor(least)}"
    if high_side == ">":
        return "not bounded" if low_side == "<" else f"{_factor(least)} or more"
    return f"{_factor(most)} or less" if low_side == "<" else f"{_factor(least)}–{_factor(most)}"
