"""Words such as penalty=2 behind a command, checked before anything is read. Imports no torch."""

import json
from dataclasses import fields
from typing import Annotated, Any, TypeVar, get_type_hints

from annotated_types import MinLen

from narrows.check import check_call
from narrows.errors import UserError, nearest

T = TypeVar("T")
Name = Annotated[str, MinLen(1)]


def read_words(words: list[str], kind: type[T], command: str) -> tuple[T, set[str]]:
    """Return the options that `words`, such as "label=dog", say, and which of them are given.

    Args:
        words: as they were written.
        kind: the dataclass of the options.
        command: its name, for messages.

    Raises:
        UserError: for the first that is misspelt, missing, or has no such value.
    """
    known = [field.name for field in fields(kind)]  # pyright: ignore
    given: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise UserError(f"{word!r} is no option; write option=value, such as {known[1]}=…")
        if name not in known:
            raise UserError(f"{name} is not an option of {command}{nearest(name, known)}")
        if name in given:
            raise UserError(f"{name} is given twice; give it once")
        given[name] = _value(get_type_hints(kind)[name], value)
    check_call(kind, given, "")
    return kind(**given), set(given)


def _value(expected: Any, value: str) -> Any:
    """Return a value as YAML would have it, but a name as it stands, even if it is a number."""
    if expected in (str, str | None):
        return value
    try:
        return json.loads(value.lower())
    except json.JSONDecodeError:
        return value
