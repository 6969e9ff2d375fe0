"""Estimates as people read them."""

from narrows.study.statistics import Estimate


def interval(value: Estimate | None, digits: int = 3) -> str:
    """Write an estimate as 'mean [low, high]'."""
    return _written(value, f".{digits}f")


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
