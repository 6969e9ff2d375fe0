"""Train one run: a function of its config, its data and the encoder that it starts from."""

import signal
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import torch
from pytorch_lightning.loggers import WandbLogger
from safetensors.torch import load_file, save

from narrows import runs, tracking
from narrows.assessment import conclude
from narrows.build import Parts, build, make, make_trainer
from narrows.config import Config, run_name
from narrows.errors import PrunedError, UserError
from narrows.files import write_json, write_with, write_yaml
from narrows.inputs import make_inputs
from narrows.loading import PackedData, PackedDataset, labelled_subset, with_unlabelled
from narrows.memory import watch_memory
from narrows.module import Module
from narrows.packing import read_spec
from narrows.picture_log import PictureLog
from narrows.pictures import example_images
from narrows.precision import slow_precision
from narrows.processes import is_first_process
from narrows.quiet import quiet
from narrows.recording import AtomicCheckpointIO, Progress, Recorder, Row, write_history
from narrows.transfers.base import SemiSupervised


def train(
    config: Config,
    data: Path,
    folder: Path,
    progress: Progress,
    pretrained: Path | None = None,
    bar: bool = False,
) -> bool:
    """Train a run into its folder, resuming one that was cut off; a finished one is kept.

    Args:
        config: resolved and checked.
        data: folder of the prepared data set.
        folder: of the run.
        progress: is told of each epoch.
        pretrained: folder of the run whose encoder this one starts from.
        bar: show Lightning's progress bar.

    Returns:
        False if the run was finished before.

    Raises:
        UserError: if the pretrained encoder does not fit, or training diverged.
    """
    inputs = make_inputs(config, data, pretrained)
    # Lightning starts the other processes of a distributed run by the same command: the folder
    # belongs to the first.
    first = is_first_process()
    with runs.locked(folder) if first else nullcontext():
        if first:
            runs.sweep(folder)
            if runs.is_complete(folder, inputs):
                return False
            runs.clear_if_stale(folder, inputs)
            write_yaml(folder / runs.CONFIG, config)
            write_json(folder / runs.SPEC, asdict(read_spec(data)))
            write_json(folder / runs.ENVIRONMENT, runs.environment(device_of(config), inputs))
            if device_of(config) == "cpu" and (told := slow_precision(config)):
                print(f"{run_name(config)}: {told}", file=sys.stderr)  # noqa: T201
        memory = watch_memory(device_of(config))
        parts, dataset = _begin(config, data, pretrained)
        started = time.monotonic()
        facts = parts.transfer.start(parts.module, dataset)
        solving = time.monotonic() - started
        tracker = {"name": run_name(config), "config": config, "folder": folder}
        logger = make(config["tracker"], **tracker) if first else None
        recorder = Recorder(folder / runs.RESUME, progress)
        try:
            if any(p.requires_grad for p in parts.module.parameters()):
                loader = _loader(config, parts.module, dataset, data)
                fit(config, parts.module, loader, recorder, logger, bar)
            parts.module.cpu()
            if first:
                seconds = solving + (recorder.elapsed if recorder.rows else 0.0)
                cost = runs.Cost({"training": round(seconds, 3)}, memory())
                _finish(config, parts.module, data, folder, recorder.rows, facts, cost, logger)
        except BaseException as error:
            if logger is not None:
                tracking.close(logger, failed=not isinstance(error, PrunedError))
            raise
    return True


def _begin(config: Config, data: Path, pretrained: Path | None) -> tuple[Parts, PackedDataset]:
    """Build what the config names, with the weights it starts from, and open its examples."""
    torch.set_num_threads(config["threads"])
    parts = build(config, read_spec(data))
    if pretrained is not None:
        load_encoder(parts.module, pretrained)
    task, loss = parts.module.task, parts.module.loss
    examples = PackedDataset.open(data, "train", labelled=task.needs_labels)
    if isinstance(parts.transfer, SemiSupervised):
        parts.module.relabel = parts.transfer.label
        whole = PackedDataset.open(data, "train")
        return parts, with_unlabelled(whole, len(examples), config["labels"], config["seed"])
    if loss.unit_targets and not task.needs_labels and not examples.is_unit():
        name = config["loss"]["_target_"].split(".")[-2]
        raise UserError(
            f"loss={name} is for values from 0 to 1, and these examples have others; "
            "use loss=squared_error"
        )
    return parts, labelled_subset(examples, config["labels"], config["seed"])


def device_of(config: Config) -> str:
    """Return the name of what a run of this config computes on."""
    if config["trainer"].get("accelerator") != "cpu":
        if torch.cuda.is_available():
            return torch.cuda.get_device_name()
        if torch.backends.mps.is_available():
            return "mps"
    return "cpu"


def load_encoder(module: Module, pretrained: Path) -> None:
    """Start the encoder from a pretrained run's weights.

    Raises:
        UserError: if the run has none, or they do not fit.
    """
    path = pretrained / runs.WEIGHTS
    if not path.is_file():
        raise UserError(f"pretrained={pretrained} has no {runs.WEIGHTS}; is that run finished?")
    prefix = "encoder."
    weights = {k[len(prefix) :]: v for k, v in load_file(path).items() if k.startswith(prefix)}
    try:
        module.encoder.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"the encoder of pretrained={pretrained} does not fit: {reason}") from error


def save_weights(module: Module, folder: Path) -> None:
    """Write the module's weights into a run's folder."""
    state = {k: v.contiguous() for k, v in module.state_dict().items()}
    write_with(folder / runs.WEIGHTS, lambda path: path.write_bytes(save(state)))


def load_weights(module: Module, folder: Path) -> None:
    """Give the module a finished run's weights."""
    module.load_state_dict(load_file(folder / runs.WEIGHTS))


def _loader(config: Config, module: Module, dataset: PackedDataset, data: Path) -> PackedData:
    validation = PackedDataset.open(data, "val", labelled=module.task.needs_labels)
    return PackedData(
        dataset, validation, config["batch_size"], config["steps_per_epoch"], config["seed"]
    )


def fit(
    config: Config,
    module: Module,
    loader: PackedData,
    recorder: Recorder,
    logger: WandbLogger | None = None,
    bar: bool = False,
) -> None:
    """Train a module on what a loader gives, from the recorder's saved state if there is one."""
    resume = recorder.resume if recorder.resume.is_file() else None
    pictures = [PictureLog(loader.val)] if logger else []
    with quiet():
        trainer = make_trainer(
            config,
            max_epochs=config["epochs"],
            logger=logger or False,
            callbacks=[recorder, *pictures],
            plugins=[AtomicCheckpointIO()],
            enable_progress_bar=bar,
        )
        handler = signal.getsignal(signal.SIGINT)
        try:
            trainer.fit(module, loader, ckpt_path=resume, weights_only=True)
        except SystemExit as error:
            # Lightning turns Ctrl-C into an exit, and has it ignored from then on.
            if isinstance(error.__context__, KeyboardInterrupt):
                signal.signal(signal.SIGINT, handler)
                raise KeyboardInterrupt from error
            raise


def _finish(
    config: Config,
    module: Module,
    data: Path,
    folder: Path,
    rows: list[Row],
    facts: dict[str, float],
    cost: runs.Cost,
    logger: WandbLogger | None,
) -> None:
    """Measure the validation part, write the run's files, tell W&B."""
    validation = PackedDataset.open(data, "val", labelled=module.task.needs_labels)
    weights = sum(p.numel() for p in module.parameters())
    measures, decisions = conclude(module, validation)
    metrics = {f"val/{k}": v for k, v in measures.items()} | {**facts, "weights": weights}
    write_history(folder / runs.HISTORY, rows or [{"epoch": 0, "step": 0, **metrics}])
    if decisions is not None:
        write_json(folder / runs.DECISIONS, decisions)
    save_weights(module, folder)
    if logger is not None:
        _tell(logger, config, module, data, folder, metrics)
    runs.finish(folder, metrics, cost)


def _tell(
    logger: WandbLogger,
    config: Config,
    module: Module,
    data: Path,
    folder: Path,
    metrics: dict[str, float],
) -> None:
    """Log the final measures, examples and artifacts; what W&B makes of it never fails a run."""
    try:
        logger.log_metrics(metrics)
        if images := example_images(module, PackedDataset.open(data, "val")):
            tracking.log_examples(logger, images)
        task = config["task"]["_target_"].rsplit(".", 1)[1]
        tracking.log_lineage(logger, data, folder, config["pretrained"], task)
        tracking.close(logger)
    except Exception as error:
        later = f"wandb sync --include-online {folder / 'wandb'}/*run-*"
        print(  # noqa: T201
            f"W&B: {error}; the run's own files are complete; to send what was logged: {later}",
            file=sys.stderr,
        )
