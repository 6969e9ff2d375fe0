"""Functions that tests share."""

from pathlib import Path
from typing import Any

import yaml

from narrows.build import build, prune, spec_of
from narrows.config import Config, compose_config, groups
from narrows.datasets.digits import Digits
from narrows.module import Module
from narrows.packing import prepare
from narrows.training import train

ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"


def small_config(*overrides: str) -> Config:
    """Compose a config that is quick to run on the processor and tracked nowhere."""
    return prune(compose_config(["tracker=none", "trainer=cpu", "epochs=1", *overrides]))


def built(config: Config) -> Module:
    """Build the module that a config names."""
    return build(config, spec_of(config)).module


def choices(group: str) -> list[str]:
    """Return the names of the group's files in conf/."""
    return groups()[group]


def node(group: str, choice: str) -> dict[str, Any]:
    """Read one file of conf/ as it stands."""
    return yaml.safe_load((CONF / group / f"{choice}.yaml").read_text())


def prepare_digits(folder: Path) -> Path:
    """Prepare the digits into `folder`."""
    options = node("dataset", "digits")
    prepare(Digits(options["split_seed"]), options, folder)
    return folder


def run(config: Config, data: Path, folder: Path, pretrained: Path | None = None) -> Path:
    """Train a run silently; return its folder."""
    assert train(config, data, folder, lambda *_: None, pretrained)
    return folder
