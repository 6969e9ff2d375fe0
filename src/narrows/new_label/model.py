"""From a trained run to one with a label more: its config, its weights and its labels."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from narrows import runs
from narrows.build import build
from narrows.config import Config
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.files import read_yaml
from narrows.module import Module
from narrows.new_label.options import Options
from narrows.spec import Spec
from narrows.tasks.multi_label import MultiLabel

_GROWN, _LINEAR = "narrows.decoders.grown.Decoder", "narrows.decoders.linear.Decoder"
_NEEDED = {
    "task": ("narrows.tasks.multi_label.MultiLabel",),
    "decoder": (_LINEAR, _GROWN),
    "loss": ("narrows.losses.logistic.Logistic",),
}
# Options of the task that choose among the data's labels: a grown model's are named in its spec.
_CHOICE = ("only", "without")


@dataclass(frozen=True)
class Trained:
    """A trained run.

    Attributes:
        folder: of the run.
        config: of the run.
        spec: of its examples, with the labels that it has outputs for.
        module: with its weights.
    """

    folder: Path
    config: Config
    spec: Spec
    module: Module


def check_run(folder: Path, label: str) -> None:
    """Check, without building it, that a label can be added to a run.

    Raises:
        UserError: if it has another kind of task, decoder or loss, or this label.
    """
    config = read_yaml(folder / runs.CONFIG)
    for group, targets in _NEEDED.items():
        if config[group]["_target_"] not in targets:
            raise UserError(
                f"model={folder} has {group}={config[group]['_target_'].split('.')[-2]}; a label "
                "is added to a run with task=multi_label decoder=linear loss=logistic"
            )
    if label in labels_of(config, runs.read_spec(folder)):
        raise UserError(f"label={label}: model={folder} has this label; choose another name")


def labels_of(config: Config, spec: Spec) -> tuple[str, ...]:
    """Return the labels that a run has outputs for: not all of its data's if its task says so."""
    return MultiLabel(spec, **{name: config["task"].get(name) for name in _CHOICE}).labels


def load_trained(folder: Path) -> Trained:
    """Load a run that `check_run` has found good."""
    config, spec = read_yaml(folder / runs.CONFIG), runs.read_spec(folder)
    module = load_run(folder).module.eval()
    return Trained(folder, config, replace(spec, labels=labels_of(config, spec)), module)


def grown_config(config: Config, parent: str, options: Options, examples: Any) -> Config:
    """Return the config of the run with one label more.

    Args:
        config: of the trained run.
        parent: name of its folder.
        options: of the command.
        examples: what identifies the new ones; part of the run's identity.
    """
    added = [*config["decoder"].get("added", []), 1]
    grown = {
        **config,
        "decoder": {"_target_": _GROWN, "added": added},
        "task": {k: v for k, v in config["task"].items() if k not in _CHOICE},
        "transfer": {"_target_": "narrows.transfers.frozen.Frozen", "penalty": options.penalty},
        "pretrained": parent,
        "new_label": {"label": options.label, **examples},
    }
    if options.negatives is None:
        grown["new_label"]["background"] = options.background
    if options.update:
        rate = options.lr or config["optimizer"]["lr"] / 10
        # Lightning would start the other processes of a distributed run by the same command.
        single = {k: v for k, v in config["trainer"].items() if k not in ("strategy", "num_nodes")}
        grown |= {
            "transfer": {"_target_": "narrows.transfers.finetune.Finetune"},
            "optimizer": {**config["optimizer"], "lr": rate},
            "trainer": {**single, "devices": 1},
            "epochs": options.epochs,
            # An old and a new example in each batch need two places.
            "batch_size": max(config["batch_size"], 2 if options.replay else 1),
            "steps_per_epoch": None,
        }
        grown["new_label"] |= {"penalty": options.penalty, "replay": options.replay}
    return grown


def grow(old: Trained, config: Config, spec: Spec, v: Tensor, b: Tensor) -> Module:
    """Return the module with one label more; all other weights are the trained run's.

    Args:
        old: the trained run.
        config: of the grown one.
        spec: of the grown one.
        v: weights of the new label, (1, m).
        b: its intercept, (1,).
    """
    module = build(config, spec).module
    last = f"decoder.added.{len(config['decoder']['added']) - 1}"
    new = {f"{last}.weight": v.float(), f"{last}.bias": b.float()}
    with torch.no_grad():
        module.load_state_dict({**old.module.state_dict(), **new})
    return module.eval()
