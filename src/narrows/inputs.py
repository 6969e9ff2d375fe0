"""What the results of a run depend on beside its config. Imports no torch, which takes seconds."""

from importlib.metadata import version
from pathlib import Path

from narrows import runs
from narrows.code import fingerprint
from narrows.config import Config
from narrows.packing import data_identity

Inputs = dict[str, str | None]


def make_inputs(config: Config, data: Path, pretrained: Path | None) -> Inputs:
    """Return what the results of training or, where the config has a baseline, fitting depend on.

    Args:
        config: of the run.
        data: folder of the prepared data set.
        pretrained: folder of the run whose encoder it starts from.
    """
    found: Inputs = {"torch": version("torch"), "data": data_identity(data)}
    if "baseline" in config:
        code = code_of_baseline(config["baseline"])
        return {**found, "code": code, "scikit-learn": version("scikit-learn")}
    weights = pretrained and runs.sha256(pretrained / runs.WEIGHTS)[:16]
    return {**found, "code": code_of(config), "pretrained": weights}


def code_of(config: Config) -> str:
    """Return the fingerprint of the code that training this config runs."""
    targets = [
        node["_target_"].rsplit(".", 1)[0]
        for group, node in config.items()
        if isinstance(node, dict) and "_target_" in node and group != "dataset"
    ]
    return fingerprint(["narrows.training", *(t for t in targets if t.startswith("narrows."))])


def code_of_baseline(name: str) -> str:
    """Return the fingerprint of the code that fitting this baseline runs."""
    return fingerprint(["narrows.fitting", f"narrows.baselines.{name}"])
