"""Which letters an image shows, where an image is a whole typeface."""

from typing import Any

from narrows.datasets.fonts import CHOICES

_FONTS = "narrows.datasets.fonts.Fonts"


def letters_of(dataset: dict[str, Any]) -> str:
    """Return the characters on a run's images, in order; '' if these are no typefaces.

    Args:
        dataset: the run's, as its config has it.
    """
    if dataset["_target_"] != _FONTS or dataset.get("example") != "typeface":
        return ""
    return CHOICES[dataset["characters"]]
