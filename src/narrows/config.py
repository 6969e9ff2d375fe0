"""Compose a run's config with Hydra and tell each mistake in one line. Imports no torch."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from narrows.errors import UserError, nearest

Config = dict[str, Any]

# Folders of conf that no run's config is made of.
_NO_PART_OF_RUN = {"study", "launcher", "sweep"}
# What a run's results do not depend on, but for its seed, which its folder's name has.
_NO_PART_OF_IDENTITY = {"tracker", "seed"}


@dataclass(frozen=True)
class Settings:
    """The options of a run that belong to no group.

    Attributes:
        seed: of everything random.
        epochs: to train for.
        steps_per_epoch: optimizer steps that make an epoch; null for one pass over the examples.
        batch_size: examples in one optimizer step, over all devices together.
        labels: how many labelled examples to train on; null for all.
        pretrained: the run whose encoder this one starts from.
        threads: processor threads that torch uses; part of the run, since it changes rounding.
        gradient_clip_val: largest norm of a step's gradient, a longer one is scaled down; null for
            no limit.
    """

    seed: NonNegativeInt
    epochs: PositiveInt
    batch_size: PositiveInt
    threads: PositiveInt
    steps_per_epoch: PositiveInt | None = None
    labels: PositiveInt | None = None
    pretrained: str | None = None
    gradient_clip_val: PositiveFloat | None = None


def conf_dir() -> Path:
    """Return the folder of configs: ./conf, else the one that came with the package."""
    here, package = Path("conf"), Path(__file__).parent
    for folder in (here, package / "conf", package.parents[1] / "conf"):
        if (folder / "config.yaml").is_file():
            return folder.resolve()
    raise UserError("no conf/config.yaml here; run narrows in a clone of the project")


def groups() -> dict[str, list[str]]:
    """Return the choices of each config group."""
    names = sorted(path.name for path in conf_dir().iterdir() if path.is_dir())
    return {name: choices(name) for name in names if name not in _NO_PART_OF_RUN}


def choices(folder: str) -> list[str]:
    """Return the names of the files in a folder of conf."""
    return sorted(path.stem for path in (conf_dir() / folder).glob("*.yaml"))


def compose_config(overrides: list[str]) -> Config:
    """Return the resolved config that the overrides ask for.

    Raises:
        UserError: for an option, a choice or a value that does not exist.
    """
    parsed = _parse(overrides)
    config = _composed(overrides, parsed)
    for group in groups():
        if group != "experiment" and group not in config:
            raise UserError(f"{group} has no value; choose one with {group}=…")
    if any(override.key_or_group == "experiment" for override in parsed):
        return config | _without_experiments_options(config, parsed)
    return config


def _composed(overrides: list[str], parsed: list[Override]) -> Config:
    """Compose and resolve a config with Hydra."""
    try:
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            composed = compose("config", overrides=overrides)
            missing = OmegaConf.missing_keys(composed)
            if missing:
                raise UserError(f"{min(missing)} has no value; give one with {min(missing)}=…")
            config = OmegaConf.to_container(composed, resolve=True)
    except HydraException as error:
        raise UserError(_explain(error, parsed)) from error
    except OmegaConfBaseException as error:
        raise UserError(str(error).splitlines()[0]) from error
    assert isinstance(config, dict)  # noqa: S101
    return {str(key): value for key, value in config.items()}


def _without_experiments_options(config: Config, parsed: list[Override]) -> Config:
    """Return the groups for which another choice is given than the experiment's own.

    Options that an experiment gives are meant for its own choice: the σ of its noise is not the σ
    of another one's blur.
    """

    def composed(overrides: list[Override]) -> Config:
        return _composed([o.input_line for o in overrides if o.input_line], overrides)

    found = {}
    for group in {o.key_or_group for o in parsed if o.key_or_group in config}:
        own = [o for o in parsed if o.key_or_group.split(".")[0] == group]
        if isinstance(config[group], dict):
            its = composed([o for o in parsed if o not in own])[group]
            if its["_target_"] != config[group]["_target_"]:
                found[group] = composed(own)[group]
    return found


def _parse(overrides: list[str]) -> list[Override]:
    for text in overrides:
        if text.startswith("=") or ("=" not in text and not text.startswith("~")):
            raise UserError(f"'{text}' is no option; write group=choice or option=value")
    parser, parsed, menu = OverridesParser.create(), list[Override](), groups()
    for text in overrides:
        try:
            parsed += parser.parse_overrides([text])
        except HydraException as error:
            name, _, value = text.partition("=")
            raise UserError(
                f"cannot read {text}; a list is written '{name}=[a,b]', a value with special "
                f"characters '{name}=\"{value}\"', both with the outer quotes in a shell"
            ) from error
    for override in parsed:
        name, choices = override.key_or_group, menu.get(override.key_or_group)
        if override.is_sweep_override():
            raise UserError(
                f"{override.input_line}: several values need brackets, '{name}=[a,b]'; for a run "
                "with each of them, add -m"
            )
        if re.split("[./]", name)[0] == "hydra":
            raise UserError(f"{name} has no effect here{_instead_of(name)}")
        if choices and not override.is_delete() and not isinstance(override.value(), str):
            raise UserError(f"{override.input_line}: choose one of {', '.join(choices)}")
    return parsed


def _instead_of(name: str) -> str:
    """Return what does here what Hydra's launchers and sweepers do elsewhere."""
    if "launcher" in name:
        return (
            "; who trains runs, and how many at once, is said by launcher=local launcher.workers=N"
        )
    if "sweep" in name:
        return "; narrows train -m is for grids, narrows sweep for searches"
    return ""


def _explain(error: HydraException, overrides: list[Override]) -> str:
    """Turn Hydra's error into one line with the nearest right name."""
    text = str(error)
    menu = groups()
    if found := re.search(r"Could not find '([\w-]+)/([^']*)'", text):
        group, choice = found.groups()
        return f"{group}={choice}: there is no such {group}{nearest(choice, menu.get(group, []))}"
    for override in overrides:
        name = override.key_or_group
        if name.split(".")[0] not in menu and override.is_add() is False:
            known = {*menu, *(o for o in _options() if "." not in o)}
            if name not in known:
                return f"{name} is not an option{nearest(name, known)}"
    if found := re.search(r"Could not override '([^']*)'", text):
        name = found.group(1)
        group, _, option = name.partition(".")
        known = [o.partition(".")[2] for o in _options(overrides) if o.startswith(f"{group}.")]
        return f"{name} is not an option{nearest(option, known)}"
    return " ".join(text.split())


def _options(overrides: list[Override] | None = None) -> list[str]:
    """Return the dotted names of all options, with the groups chosen by `overrides`."""
    menu = groups()
    chosen = [
        o.input_line for o in overrides or [] if o.key_or_group in menu and o.input_line is not None
    ]
    try:
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            composed = compose("config", overrides=chosen)
    except HydraException:
        return []
    return list(_leaves(OmegaConf.to_container(composed, resolve=False), ""))


def _leaves(node: Any, path: str) -> list[str]:
    if not isinstance(node, dict):
        return [path]
    names = [leaf for key, value in node.items() for leaf in _leaves(value, f"{path}.{key}")]
    return [name.lstrip(".") for name in names if not name.endswith("_target_")]


def identity(config: Config) -> str:
    """Return a hash of what a run's results depend on, but for its seed."""
    kept = {k: v for k, v in config.items() if k not in _NO_PART_OF_IDENTITY}
    text = json.dumps(_without_paths(kept), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _without_paths(node: Any) -> Any:
    """Keep of a path what the file or folder is called, but not where it lies."""
    if not isinstance(node, dict):
        return node
    return {
        key: Path(value).name if key == "path" and value else _without_paths(value)
        for key, value in node.items()
    }


def run_name(config: Config) -> str:
    """Return the name of a run's folder, e.g. '1f0c9a7be21d-seed3'."""
    return f"{identity(config)}-seed{config['seed']}"
