"""How people name the parts of a data set, and the folders of its classes."""

from collections.abc import Sequence

# Each name, in small letters, with the part that it means.
PART_NAMES = {
    "train": "train", "training": "train", "unlabelled": "train", "unlabeled": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
_UNLABELLED = ("unlabelled", "unlabeled")


def parts_of(names: Sequence[str]) -> list[str] | None:
    """Return the part of each file, by the folder at the top; None if these do not say.

    Args:
        names: of files below a folder, with / between folders.
    """
    tops = [name.split("/")[0].lower() if "/" in name else "" for name in names]
    if not any(PART_NAMES.get(top) in ("train", "test") for top in tops):
        return None
    return [PART_NAMES.get(top, "train") for top in tops]


def class_of(name: str, is_split: bool) -> str | None:
    """Return the folder that a file lies in, below that of its part; None if it has no class."""
    folders = name.split("/")[:-1]
    if is_split and folders and folders[0].lower() in PART_NAMES:
        if folders[0].lower() in _UNLABELLED:
            return None
        folders = folders[1:]
    return folders[0] if folders else None
