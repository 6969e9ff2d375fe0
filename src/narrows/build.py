"""Turn a checked config into objects: the only file that touches Hydra's instantiate."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from lightning_fabric.utilities.exceptions import MisconfigurationException

from narrows.check import check_call, check_node, safe_target, target_of
from narrows.config import Config, Settings
from narrows.errors import UserError, nearest
from narrows.loading import to_floats
from narrows.losses.base import Loss
from narrows.module import Module
from narrows.quiet import quiet
from narrows.randomness import derive
from narrows.spec import Spec
from narrows.tasks.base import Batch, Resized, Task
from narrows.transfers.base import Transfer

# Recorder saves the state, ChunkSampler orders the examples and Module shards them.
TRAINER_OPTIONS: dict[str, Any] = {
    "enable_model_summary": False,
    "num_sanity_val_steps": 0,
    "use_distributed_sampler": False,
    "log_every_n_steps": 1,
}

# What a user may say of the Trainer: the rest would be ignored, refused or cut a run short, since
# steps are made and state is kept by the project's own code.
TRAINER_CHOICES = {
    "accelerator", "strategy", "devices", "num_nodes", "precision", "deterministic", "benchmark",
    "inference_mode", "profiler", "detect_anomaly", "sync_batchnorm",
}  # fmt: skip

# The groups of a run, with the arguments that `build` gives to the components.
GROUPS: dict[str, tuple[str, ...]] = {
    "dataset": (),
    "encoder": ("spec",),
    "decoder": ("in_shape", "out_shape"),
    "loss": (),
    "corruption": (),
    "augmentation": (),
    "task": ("corruption", "spec"),
    "transfer": (),
    "optimizer": ("params",),
    "schedule": (),
    "trainer": tuple(set(inspect.signature(pl.Trainer).parameters) - TRAINER_CHOICES),
    "tracker": ("name", "config", "folder"),
}


@dataclass(frozen=True)
class Parts:
    """What a config builds."""

    module: Module
    transfer: Transfer


def make(node: dict[str, Any], **given: Any) -> Any:
    """Build one component from its config and the arguments that are not in it."""
    return partial(node)(**given)


def partial(node: dict[str, Any]) -> Callable[..., Any]:
    """Return the component's constructor with its options bound.

    Arguments given later pass Hydra by: it would turn a dataclass into a dict and wrap errors.
    """
    # Here too, since a finished run's config is built without being checked.
    safe_target(node, "config")
    return instantiate(node, _partial_=True, _convert_="all")


def prune(config: Config) -> Config:
    """Drop the corruption of a task that has none, so that it is no part of the run's identity."""
    task = target_of(config["task"], "task")
    if "corruption" in inspect.signature(task).parameters:
        return config
    return {key: value for key, value in config.items() if key != "corruption"}


def validate(config: Config) -> Parts:
    """Check a resolved config: every option, every type, and that the shapes fit.

    Nothing is allocated, and no more is read than a dataset's spec takes: the shapes are tried on
    torch's meta device.

    Raises:
        UserError: for the first mistake.
    """
    present = [group for group in GROUPS if group in config]
    for group in present:
        check_node(config[group], group, GROUPS[group])
    for name in config:
        if name not in GROUPS and name not in Settings.__annotations__:
            raise UserError(f"{name} is not an option{nearest(name, Settings.__annotations__)}")
    settings = {k: v for k, v in config.items() if k not in GROUPS}
    check_call(Settings, settings, "")
    spec = spec_of(config)
    with torch.device("meta"):
        parts = build(config, spec)
        _check_shapes(parts.module)
    parts.transfer.check(parts.module)
    _check_constructors(config, parts.module)
    if parts.transfer.needs_pretrained and not config["pretrained"]:
        raise UserError("this transfer starts from a pretrained encoder; name it: pretrained=RUN")
    if config["pretrained"] and not parts.transfer.needs_pretrained:
        raise UserError("pretrained=… has no effect here; use transfer=finetune or transfer=frozen")
    if config["labels"] and not parts.module.task.needs_labels:
        raise UserError("labels=… has no effect on a task without labels; use task=multi_label")
    return parts


def spec_of(config: Config) -> Spec:
    """Return what the examples of the config's dataset look like."""
    return make(config["dataset"]).spec()


def build(config: Config, spec: Spec) -> Parts:
    """Build the module and the transfer; weights are a function of the seed alone.

    Args:
        config: checked.
        spec: of the examples.
    """
    seed = config["seed"]
    task = _make_task(config, spec)
    # A seed for each, so that another encoder does not change where the decoder starts.
    torch.default_generator.manual_seed(derive(seed, "encoder"))
    # Where a task learns some labels alone, the encoder is for these.
    shape = task.in_shape(spec) if isinstance(task, Resized) else spec.shape
    seen = replace(spec, shape=shape, labels=getattr(task, "labels", spec.labels))
    encoder = make(config["encoder"], spec=seen)
    torch.default_generator.manual_seed(derive(seed, "decoder"))
    decoder = make(config["decoder"], in_shape=encoder.out_shape, out_shape=task.out_shape(spec))
    loss, schedule, augment = (make(config[g]) for g in ("loss", "schedule", "augmentation"))
    optimizer = partial(config["optimizer"])
    # Runs that were trained before there was this option have none.
    clip = config.get("gradient_clip_val")
    module = Module(encoder, decoder, loss, task, optimizer, schedule, augment, spec, seed, clip)
    return Parts(module, make(config["transfer"]))


def _make_task(config: Config, spec: Spec) -> Task:
    """Build the task, with the corruption and the spec if it asks for them."""
    given: dict[str, Any] = {"spec": spec}
    if "corruption" in config:
        given["corruption"] = make(config["corruption"])
    asked = inspect.signature(target_of(config["task"], "task")).parameters
    return make(config["task"], **{name: given[name] for name in given if name in asked})


def make_trainer(config: Config, **given: Any) -> pl.Trainer:
    """Build Lightning's Trainer, with what the project does in its stead switched off."""
    return make(config["trainer"], **TRAINER_OPTIONS, **given)


def _check_constructors(config: Config, module: Module) -> None:
    """Try what checks its values itself: torch's optimizers and Lightning's Trainer."""
    try:
        module.make_optimizer([torch.nn.Parameter(torch.zeros(1))])
    except (ValueError, RuntimeError) as error:
        raise UserError(f"optimizer: {error}") from error
    try:
        with quiet():
            make_trainer(config, logger=False, enable_progress_bar=False)
    except (MisconfigurationException, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0].rstrip(".!")
        raise UserError(f"trainer: {reason}; try trainer=auto") from error


def _check_shapes(module: Module) -> None:
    """Push an empty batch through encoder, decoder and loss."""
    spec = module.spec
    batch = to_floats(Batch(torch.zeros(2, *spec.shape), torch.zeros(2, len(spec.labels))))
    module.augment(batch.x)
    inputs, target = module.task.prepare(batch)
    _check_views(module.loss, module.has_views(inputs))
    try:
        output = module(inputs)
    except RuntimeError as error:
        raise UserError(f"encoder and decoder do not fit: {str(error).splitlines()[0]}") from error
    if output.shape != target.shape:
        raise UserError(
            f"the decoder gives shape {tuple(output.shape[1:])}, but the task's target has "
            f"{tuple(target.shape[1:])}"
        )
    module.loss(output, target)


def _check_views(loss: Loss, views: bool) -> None:
    """Check that a loss of two views is given them, and no other one is."""
    name = type(loss).__module__.rsplit(".", 1)[1]
    if loss.views and not views:
        raise UserError(
            f"loss={name} compares two views of each example; use task=two_views, or "
            "loss=squared_error"
        )
    if views and not loss.views:
        raise UserError(
            f"loss={name} needs a target, and task=two_views has none; use loss=nt_xent or "
            "loss=vicreg"
        )
