"""What the fields of a record say: the text, its labels and its part."""

from typing import Any, NamedTuple

from narrows.part_names import PART_NAMES
from narrows.text.texts import TextError

_KINDS = {dict: "an object", list: "a list", bool: "true or false"}


class Fields(NamedTuple):
    """Which fields hold what.

    Attributes:
        text: those whose texts, put one below the other, are the document.
        labels: the one with a list of labels or a single one, or None.
        separator: between the labels in a text, or None if that is a single one.
        split: the one that says train, val or test, or None.
    """

    text: tuple[str, ...]
    labels: str | None = None
    separator: str | None = None
    split: str | None = None

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self.text, *(n for n in (self.labels, self.split) if n is not None)]

    def text_of(self, values: dict[str, Any]) -> str:
        """Return the document; of several fields, some may be missing.

        Raises:
            TextError: if there is none, or it is no text.
        """
        texts = [values[name] for name in self.text if values.get(name) is not None]
        if not texts:
            raise TextError(f"has no {' or '.join(map(repr, self.text))}")
        for name in self.text:
            if not isinstance(values.get(name, ""), str | None):
                raise TextError(f"has {_kind(values[name])} as {name!r}, not a text")
        return texts[0] if len(texts) == 1 else "\n".join(texts)

    def labels_of(self, values: dict[str, Any]) -> tuple[str, ...] | None:
        """Return the labels; None if they are not known: not there, null or an empty text.

        Raises:
            TextError: if they are no texts.
        """
        given = None if self.labels is None else values.get(self.labels)
        if given is None or given == "":
            return None
        if isinstance(given, str) and self.separator is not None:
            given = [label.strip() for label in given.split(self.separator)]
        labels = given if isinstance(given, list) else [given]
        return tuple(sorted({_label(one, str(self.labels)) for one in labels if one != ""}))

    def part_of(self, values: dict[str, Any]) -> str | None:
        """Return train, val or test; None if it does not say.

        Raises:
            TextError: if it says something else.
        """
        given = None if self.split is None else values.get(self.split)
        if given is None or given == "":
            return None
        part = PART_NAMES.get(given.lower()) if isinstance(given, str) else None
        if part is None:
            raise TextError(f"has {_shown(given)} as {self.split!r}, not train, val or test")
        return part


def _label(value: Any, field: str) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TextError(f"has {_kind(value)} as a label in {field!r}, not a text")
    label = str(value)
    if any("\ud800" <= c <= "\udfff" for c in label):
        raise TextError(f"has a label in {field!r} that is no valid Unicode")
    return label


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), _shown(value))


def _shown(value: Any) -> str:
    return ascii(value)[:40]
