"""What a page and a terminal say of new examples, in sentences."""

from collections.abc import Iterable

from narrows.generating.judge import COPIES
from narrows.generating.measuring import RECONSTRUCTED, TRAINING, Found
from narrows.generating.options import NEAR, Way
from narrows.report.text import counted, number
from narrows.study.intervals import Estimate, estimate


def names_of(found: Found) -> dict[str, str]:
    """Return what each row is called, beginning with its name in measures.csv and as an option."""
    return {
        TRAINING: "training examples",
        RECONSTRUCTED: "reconstructed test examples",
        "interpolate": "interpolate (between neighbours)",
        "noise": "noise (around codes)",
        "mixture": f"mixture (of {gaussians(found)})",
        "gaussian": "gaussian (only one)",
        "normal": "normal N(0, I)",
    }


def gaussians(found: Found) -> str:
    """Return of how many Gaussians the mixture is."""
    return counted(found.components or 0, "Gaussian")


def heading(found: Found) -> str:
    """Return which ways come nearest to test examples, and which of those that are densities."""
    first = nearest_of(found, found.drawn)
    densities: list[Way] = [way for way in found.drawn if way not in NEAR]
    if len(found.drawn) == 1:
        return f"New examples: {_either(found, first)}"
    told = f"New examples, nearest to real ones: {_either(found, first)}"
    if not densities or set(densities) & set(first):
        return told
    return f"{told}; from a density, {_either(found, nearest_of(found, densities))}"


def _either(found: Found, ways: list[Way]) -> str:
    names = names_of(found)
    return " or ".join(names[way] for way in ways)


def nearest_of(found: Found, ways: Iterable[Way]) -> list[Way]:
    """Return the way with the least Fréchet distance, and those that cannot be told from it.

    Each draw compares all ways with the same test examples, so that differences are paired.
    """
    ranked = _ranked(found, ways)
    return [way for way in ranked if way == ranked[0] or _is_tied(found, ranked[0], way)]


def _is_tied(found: Found, a: Way, b: Way) -> bool:
    pairs = zip(found.row(a).draws, found.row(b).draws, strict=True)
    low = estimate([theirs.frechet - ours.frechet for ours, theirs in pairs]).low
    return low is not None and low <= 0


def _ranked(found: Found, ways: Iterable[Way]) -> list[Way]:
    return sorted(ways, key=lambda way: found.row(way).estimate("frechet").mean)


def verdict(found: Found) -> str:
    """Return in a sentence how near to test examples the new ones are, the nearest first."""
    names = names_of(found)
    told = [
        f"{names[w]} {plus_minus(found.row(w).estimate('frechet'))}"
        for w in _ranked(found, found.drawn)
    ]
    return f"Fréchet distance to test examples: {', '.join(told)}."


def references(found: Found) -> str:
    """Return in a sentence what the best would be."""
    back, train = (found.row(name).estimate("frechet") for name in (RECONSTRUCTED, TRAINING))
    return (
        f"Reconstructions of other test examples, whose codes are real ones, have "
        f"{plus_minus(back)}: that is what the decoder loses. Training examples themselves have "
        f"{plus_minus(train)}: that is chance, and what sets training and test part apart."
    )


def copies(found: Found) -> str:
    """Return in a sentence how many new examples are likely copies."""
    names = names_of(found)
    told = [f"{names[w]} {percent(found.row(w).estimate('copies').mean)}" for w in found.drawn]
    back = percent(found.row(RECONSTRUCTED).estimate("copies").mean)
    return (
        f"Likely copies, nearer to a training example than {100 - 100 * COPIES:g} % of the test "
        f"examples are: {', '.join(told)}; of reconstructed test examples, which are none, {back}."
    )


def plus_minus(value: Estimate, digits: int = 3) -> str:
    """Return a mean and half its interval."""
    if value.half_width is None:
        return number(value.mean, digits)
    return f"{number(value.mean, digits)} ± {number(value.half_width, 2)}"


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{number(100 * share, 2)} %"
