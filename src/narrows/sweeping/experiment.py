"""A run's config as a file in conf/experiment that composes to it."""

from pathlib import Path
from typing import Any

import yaml

from narrows.build import prune
from narrows.config import Config, compose_config, conf_dir, groups
from narrows.errors import UserError
from narrows.files import read_yaml, write_text

# No result depends on where a run is logged; the experiment's own runs belong to no sweep.
_LEFT_OUT = {"tracker"}


def write_experiment(name: str, config: Config, told: str, overwrite: bool) -> Path:
    """Write an experiment whose config is that of a run, but for its tracker.

    Args:
        name: of the experiment.
        config: of the run.
        told: a line on where it is from.
        overwrite: replace one that is there.

    Returns:
        The file.

    Raises:
        UserError: if there is one of that name, or the config cannot be composed.
    """
    path = experiment_path(name, overwrite)
    choices = {group: _choice(group, config) for group in groups() if group in config}
    choices = {group: choice for group, choice in choices.items() if group not in _LEFT_OUT}
    base = compose_config([f"{group}={choice}" for group, choice in choices.items()])
    defaults = _defaults()
    options = _difference(base, {k: v for k, v in config.items() if k not in _LEFT_OUT})
    chosen = [
        {f"override /{group}": choice}
        for group, choice in choices.items()
        if choice != defaults.get(group)
    ]
    lines = ["# @package _global_", f"# narrows train experiment={name}", f"# {told}"]
    body = ({"defaults": chosen} if chosen else {}) | options
    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True) if body else ""
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    write_text(path, "\n".join([*lines, text]))
    try:
        _check(name, config)
    except UserError:
        # Hydra composes what is in its place alone: it is put back as it was.
        path.unlink()
        if before is not None:
            write_text(path, before)
        raise
    return path


def experiment_path(name: str, overwrite: bool) -> Path:
    """Return the file of an experiment to write.

    Raises:
        UserError: if the name is none, or there is such an experiment.
    """
    if not name.replace("_", "").replace("-", "").isalnum():
        raise UserError(f"--save-best={name}: letters, digits, _ and - make a name")
    path = conf_dir() / "experiment" / f"{name}.yaml"
    if path.exists() and not overwrite:
        raise UserError(f"{path} is there already; --overwrite replaces it")
    return path


def _defaults() -> dict[str, str]:
    """Return the choices of a run that makes none of its own."""
    entries = read_yaml(conf_dir() / "config.yaml")["defaults"]
    return {group: choice for entry in entries if isinstance(entry, dict)
            for group, choice in entry.items()}  # fmt: skip


def _choice(group: str, config: Config) -> str:
    """Return the choice of a group that a config is nearest to.

    A resolved config does not say by which name a choice was made, and some are of one class, such
    as trainer=cpu and trainer=gpu.
    """
    node, distances = config[group], dict[str, int]()
    for choice in groups()[group]:
        found = read_yaml(conf_dir() / group / f"{choice}.yaml")
        if found.get("_target_") == node["_target_"]:
            same = sum(key in found and found[key] == value for key, value in node.items())
            distances[choice] = len(node) + len(found) - 2 * same
    if not distances:
        raise UserError(f"no file in conf/{group} makes a {node['_target_']}")
    return min(distances, key=lambda choice: distances[choice])


def _difference(base: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what has to be laid over `base` for it to have all that is wanted."""
    found = {}
    for key, value in wanted.items():
        before = base.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := _difference(before, value):
                found[key] = inner
        elif before != value or key not in base:
            found[key] = value
    return found


def _check(name: str, config: Config) -> None:
    """See that the file composes to the config, as it does not where an option was removed."""
    composed = prune(compose_config([f"experiment={name}"]))
    for key in {*composed, *config} - _LEFT_OUT:
        if composed.get(key) != config.get(key):
            raise UserError(f"no experiment has {key}={config.get(key)}; a file of groups cannot")
