"""Text that comes from data, made safe to show: no control characters, no endless names."""

import math
import unicodedata
from typing import Any

_LONGEST = 300
# Control, format (such as what turns the direction of writing), half characters, ends of lines.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def clean(value: Any) -> Any:
    """Return JSON with all its texts, keys included, made fit to be shown and written."""
    if isinstance(value, str):
        return shorten(_visible(value), _LONGEST)
    if isinstance(value, dict):
        return {clean(str(key)): clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [clean(inner) for inner in value]
    return value


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join("�" if unicodedata.category(c) in _HIDDEN else c for c in text)


def shorten(text: str, longest: int) -> str:
    """Return the text, cut to `longest` characters if it is longer."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def listed(words: list[str], most: int = 12, between: str = ", ") -> str:
    """Return 'a, b and 3 more': the words with commas, those beyond `most` counted."""
    rest = len(words) - most
    if rest > 1:
        return f"{between.join(words[:most])} and {rest:,} more"
    return between.join(words)


def flat(value: Any, most: int = 30) -> str:
    """Return JSON on one line, for people: lists with commas, 'key: value' for objects."""
    if isinstance(value, dict):
        return listed([f"{key}: {flat(inner, most)}" for key, inner in value.items()], most)
    if isinstance(value, list):
        return listed([flat(inner, most) for inner in value], most)
    if isinstance(value, int | float) or value is None:
        return number(value)
    return str(value) or "“”"


def number(value: float | bool | None, digits: int = 4) -> str:
    """Return a number as people read it: whole ones with commas, others with a few digits."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if not math.isfinite(value):
        return str(value)
    if value and not 1e-4 <= abs(value) < 1e9:
        text = f"{value:.{digits - 1}e}"
    elif abs(value) >= 10**digits:
        text = f"{value:,.0f}"
    else:
        text = f"{value:,.{digits}g}"
    return text.replace("-", "−")


def counted(n: int, noun: str) -> str:
    """Return '1 label', '374 labels'."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """Return 'part' of 'whole' in per cent, with a digit after the point where it is small."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent >= 10 or not part else f"{percent:.2g} %"


def percentages(parts: list[float]) -> list[int]:
    """Return parts of a whole as whole per cent that add up to 100.

    All are rounded down, and what is missing goes to those that lost the most.
    """
    whole = math.fsum(parts)
    if not whole > 0:
        return [0] * len(parts)
    exact = [100 * part / whole for part in parts]
    found = [math.floor(value) for value in exact]
    lost = sorted(range(len(parts)), key=lambda place: found[place] - exact[place])
    for place in lost[: 100 - sum(found)]:
        found[place] += 1
    return found


def size(count: int) -> str:
    """Return a number of bytes with a unit."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"
