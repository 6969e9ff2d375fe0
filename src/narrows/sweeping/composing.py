"""Trials' configs: composed by Hydra in full, or from one of few that it has composed."""

import json
from copy import deepcopy
from typing import Any

from narrows.config import Config, compose_config, groups
from narrows.sweeping.declaration import Declaration
from narrows.sweeping.space import Params, Scalar, words_of
from narrows.wandb_service import LOGGER


class Composer:
    """Composes the config of a trial.

    Hydra takes longer for one than a small run is trained. So each choice of groups is composed
    once, and the other options are set in what came of it. Where a file in conf/ has one option
    follow another, by `${…}`, that is not the same: each trial is composed in full then.

    Args:
        declaration: of the sweep.
    """

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self.groups = groups()
        self.composed = dict[tuple[str, ...], Config]()
        self.is_quick = True

    def try_out(self, params: Params) -> Config:
        """Compose a trial in full, and note whether the quick way gives the same.

        Raises:
            UserError: for an option, a choice or a value that does not exist.
        """
        config = self._composed(params)
        self.is_quick = self.is_quick and self._quick(params) == config
        return self._tracked(config)

    def compose(self, params: Params) -> Config:
        """Return the config of a trial.

        Raises:
            UserError: for an option or a value that these choices do not have.
        """
        config = self._quick(params) if self.is_quick else None
        return self._tracked(self._composed(params) if config is None else config)

    def words(self, params: Params) -> list[str]:
        """Return the overrides of a trial."""
        return [*self.declaration.overrides, *words_of(params)]

    def _composed(self, params: Params) -> Config:
        words = tuple(self.words(params))
        if words not in self.composed:
            self.composed[words] = compose_config(list(words))
        return deepcopy(self.composed[words])

    def _quick(self, params: Params) -> Config | None:
        """Set options in what was composed of the groups; None if one of them is not there."""
        config = self._composed({n: value for n, value in params.items() if n in self.groups})
        for name, value in params.items():
            if name not in self.groups and not _set(config, name.split("."), value):
                return None
        return config

    def _tracked(self, config: Config) -> Config:
        """Have all runs of the sweep in one group of W&B."""
        tracker = config["tracker"]
        if tracker["_target_"] == LOGGER and not tracker.get("group"):
            config["tracker"] = {**tracker, "group": self.declaration.name, "job_type": "trial"}
        return config


def _set(config: dict[str, Any], keys: list[str], value: Scalar) -> bool:
    """Set an option; return whether there is such a one."""
    for key in keys[:-1]:
        config = config.get(key)  # pyright: ignore
        if not isinstance(config, dict):
            return False
    if keys[-1] not in config:
        return False
    if isinstance(value, str) and value.startswith("["):
        config[keys[-1]] = json.loads(value)
    else:
        config[keys[-1]] = value
    return True
