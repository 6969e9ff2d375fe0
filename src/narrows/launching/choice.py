"""Which launcher trains the runs of a command, as conf/launcher and the user say."""

import os
import shlex
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from narrows.check import check_node, safe_target
from narrows.config import choices, conf_dir
from narrows.errors import UserError, nearest
from narrows.files import read_yaml
from narrows.launching.base import Launcher

# What `narrows study` was told, for the stages that DVC starts.
WORDS = "NARROWS_LAUNCHER"
_GROUP = "launcher"


def is_about_launcher(word: str) -> bool:
    """Tell whether a word such as launcher=slurm or launcher.cpus=2 is for this file."""
    return word.partition("=")[0].split(".")[0] == _GROUP


def launcher_node(words: list[str]) -> dict[str, Any]:
    """Return the checked config of the launcher that words ask for; local if they name none.

    Raises:
        UserError: for a launcher or an option that does not exist, or a wrong value.
    """
    named = [word.partition("=")[2] for word in words if word.startswith(f"{_GROUP}=")]
    name = named[-1] if named else "local"
    if name not in (known := choices(_GROUP)):
        raise UserError(f"launcher={name}: there is no such launcher{nearest(name, known)}")
    node = read_yaml(conf_dir() / _GROUP / f"{name}.yaml")
    for word in words:
        if "=" not in word or not is_about_launcher(word):
            raise UserError(f"'{word}' is no option of a launcher; write launcher.option=value")
        option, _, value = word.removeprefix(f"{_GROUP}.").partition("=")
        if option == _GROUP:
            continue
        if option not in node:
            others = [key for key in node if key != "_target_"]
            raise UserError(f"launcher.{option} is not an option{nearest(option, others)}")
        node[option] = OmegaConf.to_container(OmegaConf.from_dotlist([f"x={value}"]))["x"]  # pyright: ignore
    check_node(node, _GROUP)
    return node


def make_launcher(words: list[str]) -> Launcher:
    """Return the launcher that words ask for."""
    node = launcher_node(words)
    options = {key: value for key, value in node.items() if key != "_target_"}
    return safe_target(node, _GROUP)(**options)


def stage_launcher() -> Launcher:
    """Return the launcher of a stage: that of `narrows study`, else that of params.yaml."""
    params = Path("params.yaml")
    words = os.environ.get(WORDS) or (read_yaml(params) if params.is_file() else {}).get(_GROUP)
    return make_launcher(shlex.split(words or ""))
