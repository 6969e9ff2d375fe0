"""An autoencoder of rows of numbers, trained as `narrows train` would, in scikit-learn's form."""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from narrows.build import GROUPS, build, prune
from narrows.check import check_call, check_node
from narrows.config import Config, Settings, compose_config
from narrows.encoding.codes import gives_back
from narrows.errors import UserError
from narrows.features.base import Coder
from narrows.loading import EVALUATION_BATCH, PackedData, PackedDataset
from narrows.module import Module
from narrows.recording import Recorder
from narrows.runs import RESUME
from narrows.spec import Spec
from narrows.training import fit

_ROUNDINGS = 10 * float(np.finfo(np.float64).eps)


class Autoencoder(Coder):
    """Codes of rows by a network that is trained, without labels, to give the rows back.

    The network is fully connected: `hidden` layers, a code, and the same layers in reverse. It is
    trained in float32 on one processor thread, and computes in float64 once it is trained.

    Args:
        code_size: number m of values in a code.
        hidden: widths of the encoder's hidden layers; () for linear maps, which find the subspace
            of the principal components.
        epochs: to train for.
        batch_size: rows in one optimizer step.
        lr: learning rate of Adam.
        scale: give each column mean 0 and deviation 1 first; `inverse_transform` undoes it.
        seed: of first weights and of the order of rows.
        overrides: other options, as `narrows train` takes them, such as "optimizer=muon" or
            "task=denoising"; encoder and decoder stay fully connected.

    Attributes:
        encoder_: the trained encoder.
        decoder_: the trained decoder.
        loss_: what turns the decoder's outputs into predictions.
        mean_: (d,) of the columns; 0 without `scale`.
        deviation_: (d,) of the columns; 1 without `scale`, and for a column that is constant.
        n_features_in_: number d of values in a row.
    """

    def __init__(
        self,
        code_size: int = 8,
        hidden: Sequence[int] = (64,),
        epochs: int = 20,
        batch_size: int = 64,
        lr: float = 0.001,
        scale: bool = True,
        seed: int = 0,
        overrides: Sequence[str] = (),
    ) -> None:
        self.code_size = code_size
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.scale = scale
        self.seed = seed
        self.overrides = overrides

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803
        """Train on rows, (n, d); y is not used.

        Raises:
            ValueError: if the rows are no finite numbers, or a single one.
            UserError: for an option that is wrong, or if training diverges.
        """
        del y
        rows = self._rows(X, reset=True).astype(np.float64)
        config = _config(tuple(self._overrides()))
        self.mean_, self.deviation_ = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
        if self.scale:
            self.mean_, deviation = rows.mean(0), rows.std(0)
            # What varies less than a few roundings is constant.
            varies = deviation > _ROUNDINGS * np.abs(rows).max(0)
            self.deviation_ = np.where(varies, deviation, 1.0)
        x = torch.from_numpy(((rows - self.mean_) / self.deviation_).astype(np.float32))
        module = _trained(config, PackedDataset.unlabelled(x))
        self.encoder_, self.decoder_ = (
            network.double().eval().requires_grad_(False)
            for network in (module.encoder, module.decoder)
        )
        self.loss_ = module.loss
        self._n_features_out = self.code_size
        return self

    def _overrides(self) -> list[str]:
        """Return the options as `narrows train` takes them; `overrides` have the last word."""
        hidden = list(self.hidden)
        values = {
            "encoder.code_size": self.code_size,
            "encoder.hidden": hidden,
            "decoder.hidden": hidden[::-1],
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "optimizer.lr": self.lr,
            "seed": self.seed,
        }
        own = [f"{name}={_written(value)}" for name, value in values.items()]
        return ["trainer=cpu", *own, *self.overrides]

    def _rows(self, X: Any, reset: bool) -> np.ndarray:  # noqa: N803
        rows = super()._rows(X, reset)
        if reset and len(rows) < 2:
            raise ValueError(f"n_samples = {len(rows)}: an autoencoder needs two rows or more")
        return rows

    def _encode(self, rows: np.ndarray) -> np.ndarray:
        scaled = (rows - self.mean_) / self.deviation_
        return _in_blocks(scaled, self.encoder_).astype(rows.dtype, copy=False)

    def _decode(self, codes: np.ndarray) -> np.ndarray:
        scaled = _in_blocks(
            codes.astype(np.float64), lambda z: self.loss_.predict(self.decoder_(z))
        )
        return (scaled * self.deviation_ + self.mean_).astype(codes.dtype, copy=False)


def _written(value: Any) -> str:
    """Return an option's value as Hydra reads it."""
    return json.dumps(value) if isinstance(value, list) else str(value)


# Composing takes half a second, and a grid search fits the same options many times.
@lru_cache(maxsize=64)
def _config(overrides: tuple[str, ...]) -> Config:
    """Return the checked config of a run; its data set is not used.

    Raises:
        UserError: for an option that is wrong.
    """
    config = prune(compose_config([*overrides, "tracker=none"]))
    for group in set(GROUPS) & set(config) - {"dataset"}:
        check_node(config[group], group, GROUPS[group])
    settings = {name: value for name, value in config.items() if name not in GROUPS}
    check_call(Settings, settings, "")
    if config["labels"] or config["pretrained"]:
        raise UserError("an Autoencoder learns from rows alone; leave out labels and pretrained")
    return config


def _trained(config: Config, data: PackedDataset) -> Module:
    """Return a module that was trained on rows; torch's own generator is left as it was."""
    with torch.random.fork_rng(devices=[]), TemporaryDirectory() as work:
        parts = build(config, Spec(tuple(data.x.shape[1:]), (), "table"))
        module = parts.module
        if not gives_back(module):
            raise UserError("an Autoencoder gives rows back; use task=reconstruction or denoising")
        if module.loss.unit_targets and not data.is_unit():
            raise UserError(
                "this loss is for values from 0 to 1, and these rows have others; use "
                "loss=squared_error, or rows from 0 to 1 and scale=False"
            )
        parts.transfer.check(module)
        parts.transfer.start(module, data)
        options = config["batch_size"], config["steps_per_epoch"], config["seed"]
        # Nothing is chosen by what is watched: one row is enough.
        loader = PackedData(data, data.first(1), *options)
        recorder = Recorder(Path(work) / RESUME, lambda *_: None)
        fit(config, module, loader, recorder)
    return module.cpu()


@torch.no_grad()
def _in_blocks(rows: np.ndarray, work: Callable[[Tensor], Tensor]) -> np.ndarray:
    """Return what `work` makes of rows, (n, ...), some at a time."""
    blocks = torch.from_numpy(rows).split(EVALUATION_BATCH)
    return torch.cat([work(block) for block in blocks]).numpy()
