"""`narrows data`: prepare a data set and show what is in it. Imports no torch."""

import hashlib
import json
import re
import shlex
from pathlib import Path
from typing import Any

from rich.console import Console

from narrows.check import check_node
from narrows.config import Config, conf_dir
from narrows.errors import UserError
from narrows.files import read_yaml, write_text
from narrows.preparing import prepare_node
from narrows.report.data_tables import summarise
from narrows.report.data_terminal import print_data

PAGES = Path("reports/data")
# Words that Hydra reads as something else.
_NO_TEXTS = {"null", "true", "false", "nan", "inf"}
_GROUPS = ("dataset", "experiment")


def check_overrides(overrides: list[str]) -> None:
    """Check that each override is about the data set: others would have no effect.

    Raises:
        UserError: for the first that is not.
    """
    for text in overrides:
        name = re.split(r"[.=@]", text.lstrip("+~"), maxsplit=1)[0]
        if name not in _GROUPS:
            raise UserError(
                f"{text} has no effect on data; write dataset=CHOICE and dataset.option=value"
            )


def show_data(config: Config) -> None:
    """Prepare the config's data set, print its card, and write its page.

    Raises:
        UserError: for a mistake in the data set's options or in the source.
    """
    node = config["dataset"]
    check_node(node, "dataset")
    folder = prepare_node(node)
    choice, changed = choice_of(node)
    name = page_name(choice, changed)
    summary = summarise(folder, name, words_of(choice, changed))
    page = PAGES / name / "index.html"
    # Drawing takes matplotlib, which takes a while to import.
    from narrows.report.data_page import render_data_page

    # Before anything is printed: a pager may close early.
    write_text(page, render_data_page(summary))
    console = Console(highlight=False)
    print_data(summary, console)
    console.print(f"page: {page}", markup=False, soft_wrap=True)


def choice_of(node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the file in conf/dataset that a node is nearest to, and the options that differ."""
    found = {}
    for path in sorted((conf_dir() / "dataset").glob("*.yaml")):
        choice = read_yaml(path)
        if choice.get("_target_") == node["_target_"]:
            found[path.stem] = {k: v for k, v in node.items() if k not in choice or choice[k] != v}
    if not found:
        return node["_target_"].split(".")[-2], {}
    best = min(found, key=lambda name: len(found[name]))
    return best, found[best]


def page_name(choice: str, changed: dict[str, Any]) -> str:
    """Return the name of a page's folder: the choice, and which of one's own files or folders.

    A few digits tell apart those that are called the same and lie elsewhere, or whose labels are
    others. The name says whether labels were asked for, so that a page with them and one without
    stand side by side.
    """
    path = changed.get("path")
    if not isinstance(path, str):
        return choice
    place = Path(path).expanduser().resolve()
    last = re.sub(r"[^\w.-]+", "_", place.name)
    asked, known = "", str(place)
    if "labels" in changed:
        asked = "-labels" if changed["labels"] else "-no-labels"
        known += json.dumps(changed["labels"])
    digits = hashlib.sha256(known.encode(errors="surrogateescape")).hexdigest()[:6]
    return f"{choice}-{last[:60] or 'data'}{asked}-{digits}"


def words_of(choice: str, changed: dict[str, Any]) -> str:
    """Return what to type in a shell to have a choice with changed options."""
    options = [f"dataset.{name}={_hydra(value)}" for name, value in changed.items()]
    return " ".join(map(shlex.quote, [f"dataset={choice}", *options]))


def _hydra(value: Any) -> str:
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z_./][\w./-]*", value) and value not in _NO_TEXTS
        return value if plain else _quoted(value)
    if isinstance(value, list):
        return f"[{','.join(map(_hydra, value))}]"
    return json.dumps(value)


def _quoted(text: str) -> str:
    """Put quotes around a text: to Hydra a backslash is one unless it stands before a quote."""
    return '"' + re.sub(r'(\\*)("|\Z)', lambda m: m[1] * 2 + (m[2] and '\\"'), text) + '"'
