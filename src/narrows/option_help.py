"""What the options of a choice, such as encoder=conv, mean and are by default.

The words are those of the docstring of the class that the choice names.
"""

import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from hydra.utils import get_object
from omegaconf import OmegaConf

from narrows.config import choices, conf_dir, groups
from narrows.errors import UserError, nearest

_WIDTH = 92


def explain(words: list[str]) -> str:
    """Return the options of the choices that words such as "encoder=conv" name.

    Args:
        words: others than choices do not matter.

    Raises:
        UserError: if there is no such choice, or not one that has options.
    """
    given = (word.partition("=") for word in words)
    chosen = [(group, name) for group, _, name in given if group in groups()]
    if not chosen:
        raise UserError("--options takes a choice, such as dataset=table or encoder=conv")
    return "\n\n".join(_explained(group, name) for group, name in chosen)


def _explained(group: str, name: str) -> str:
    if name not in choices(group):
        raise UserError(f"{group} has no choice {name!r}{nearest(name, choices(group))}")
    values: Any = OmegaConf.to_container(OmegaConf.load(conf_dir() / group / f"{name}.yaml"))
    target = values.pop("_target_", None)
    if target is None:
        raise UserError(f"{group}={name} has no options of its own; see conf/{group}/{name}.yaml")
    known: Any = get_object(target)
    meanings = meanings_of(known)
    lines = [f"{group}={name}", *_wrapped(_first_sentence(known), "  ")]
    for option, value in values.items():
        if option in ("_partial_", "defaults"):
            continue
        lines += ["", f"  {group}.{option}={_shown(value)}"]
        lines += _wrapped(meanings.get(option, ""), "      ")
    return "\n".join(lines)


def meanings_of(known: Any) -> dict[str, str]:
    """Return what a class or function says of its arguments, those of its bases included."""
    bases = known.__mro__ if inspect.isclass(known) else (known,)
    found: dict[str, str] = {}
    for base in reversed(bases):
        found |= dict(_entries(base.__doc__ or ""))
    return found


def _entries(docstring: str) -> Iterator[tuple[str, str]]:
    """Yield the names and texts in a docstring's lists, in Google's style."""
    text = inspect.cleandoc(docstring)
    for section in re.findall(r"^(?:Args|Attributes):\n((?: +.*\n?|\n)*)", text, re.MULTILINE):
        for entry in re.split(r"^ {4}(?=\w)", section, flags=re.MULTILINE)[1:]:
            name, _, text = entry.partition(":")
            yield name.strip(), " ".join(text.split())


def _first_sentence(known: Any) -> str:
    return inspect.cleandoc(known.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _shown(value: Any) -> str:
    """Return a value as it is written behind an option."""
    return "…" if value == "???" else value if isinstance(value, str) else json.dumps(value)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)
