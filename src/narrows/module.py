"""The one LightningModule: loss(decoder(encoder(input)), target)."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader
from torchmetrics import MetricCollection

from narrows.augmentations.base import Augmentation
from narrows.loading import CHUNK, Chunk, ChunkSampler, PackedDataset, to_floats
from narrows.losses.base import Loss
from narrows.randomness import derive, set_seed
from narrows.rates import multiply_rates
from narrows.schedules.base import Schedule
from narrows.spec import Spec
from narrows.tasks.base import Batch, Task


class Module(pl.LightningModule):
    """An encoder and a decoder, trained for one task.

    A training step takes a chunk of batches and makes one optimizer step for each, so that
    Lightning's own work is paid once for many steps.

    Args:
        encoder: z = encoder(x).
        decoder: output = decoder(z).
        loss: one value per example.
        task: makes input and target of a batch, and says what is measured.
        optimizer: makes the optimizer of the trained parameters.
        schedule: of the learning rate.
        augment: changes the examples of a training batch.
        spec: of the examples.
        seed: of noise and dropout.
        gradient_clip_val: largest norm of a step's gradient; None for no limit.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        loss: Loss,
        task: Task,
        optimizer: Callable[[Any], Optimizer],
        schedule: Schedule,
        augment: Augmentation,
        spec: Spec,
        seed: int,
        gradient_clip_val: float | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.encoder, self.decoder = encoder, decoder
        self.loss, self.task, self.spec, self.seed = loss, task, spec, seed
        self.gradient_clip_val = gradient_clip_val
        self.make_optimizer, self.schedule, self.augment = optimizer, schedule, augment
        self.measures = task.metrics(spec)
        # Of parameters whose learning rate is not the optimizer's: what it is multiplied by.
        self.rate_factors: dict[nn.Parameter, float] = {}
        # Of a transfer that labels what has no labels: new y of the training examples.
        self.relabel: Callable[[Module, PackedDataset], Tensor] | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """Return decoder(encoder(inputs)), in the loss's units (logits for the logistic loss).

        Args:
            inputs: (batch, *spec.shape), or views of each example, (batch, views, *spec.shape).
        """
        if not self.has_views(inputs):
            return self.decoder(self.encoder(inputs))
        output = self.decoder(self.encoder(inputs.flatten(0, 1)))
        return output.unflatten(0, inputs.shape[:2])

    def has_views(self, inputs: Tensor) -> bool:
        """Tell whether each example stands there as several views of it."""
        return inputs.ndim > 1 + len(self.spec.shape)

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Return the codes z of x, (batch, ...), without dropout."""
        self.encoder.eval()
        return self.encoder(x.to(self.device))

    @torch.no_grad()
    def predict(self, inputs: Tensor) -> Tensor:
        """Return predictions in the target's units, without dropout."""
        self.eval()
        return self.loss.predict(self(inputs.to(self.device)))

    def configure_optimizers(self) -> Optimizer:
        """Return the optimizer of all parameters that are trained."""
        optimizer = self.make_optimizer([p for p in self.parameters() if p.requires_grad])
        if self.rate_factors:
            multiply_rates(optimizer, self.rate_factors)
        # Kept here: a state to resume from brings the rates of the step that it was saved at.
        self.rates = [group["lr"] for group in optimizer.param_groups]
        return optimizer

    def on_train_epoch_start(self) -> None:
        """Give the training examples the labels that a transfer finds for them now."""
        if self.relabel is not None:
            loader = cast("DataLoader[Chunk]", self.trainer.train_dataloader)
            data = cast("PackedDataset", loader.dataset)
            data.y = self.relabel(self, data).to(data.y.device)
            self.train()

    def training_step(self, chunk: Chunk, index: int) -> None:
        """Make one optimizer step for each batch of the chunk."""
        optimizer = cast("LightningOptimizer", self.optimizers())
        world = self.trainer.world_size
        first = self.trainer.current_epoch * self.steps_per_epoch + index * CHUNK
        # Lightning's wrappers scale gradients and reduce them over processes. Where there is
        # neither, they cost a tenth of a small step: the last one of a chunk is enough to count.
        scaler = getattr(self.trainer.precision_plugin, "scaler", None)
        plain = world == 1 and scaler is None
        total = torch.zeros((), device=self.device)
        for number, batch in enumerate(chunk):
            set_seed(derive(self.seed, "step", first + number), self.device)
            x, y = to_floats(batch)
            inputs, target = self._shard(*self.task.prepare(Batch(self.augment(x), y)))
            loss = self.loss(self(inputs), target).sum() * (world / len(batch.x))
            self._set_rates(optimizer.optimizer, first + number)
            optimizer.optimizer.zero_grad()
            if plain and number < len(chunk) - 1:
                loss.backward()
                self._clip(optimizer.optimizer)
                optimizer.optimizer.step()
            else:
                self.manual_backward(loss)
                self._clip(optimizer.optimizer, 1.0 if scaler is None else scaler.get_scale())
                optimizer.step()
            total += loss.detach() * len(batch.x)
        n, mean = chunk.examples, total / chunk.examples
        self.log("train/loss", mean, on_step=False, on_epoch=True, batch_size=n, sync_dist=True)

    def _clip(self, optimizer: Optimizer, scale: float = 1.0) -> None:
        """Scale a gradient down that is longer than it may be (Pascanu et al. 2013)."""
        if self.gradient_clip_val is not None:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            nn.utils.clip_grad_norm_(parameters, self.gradient_clip_val * scale)

    def _set_rates(self, optimizer: Optimizer, step: int) -> None:
        """Give each parameter group its learning rate at a step of the run."""
        steps = (self.trainer.max_epochs or 1) * self.steps_per_epoch
        factor = self.schedule(step, steps)
        for group, rate in zip(optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor

    def _shard(self, inputs: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Keep this process's part of a batch: all processes prepare the same one."""
        world, rank = self.trainer.world_size, self.trainer.global_rank
        return (inputs, target) if world == 1 else (inputs[rank::world], target[rank::world])

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in an epoch."""
        loader = cast("DataLoader[Chunk]", self.trainer.train_dataloader)
        return cast("ChunkSampler", loader.sampler).steps

    def validation_step(self, chunk: Chunk, index: int) -> None:
        """Add the chunk to the measures; its noise is the same in every epoch."""
        for batch in chunk:
            set_seed(derive(self.seed, "examples", index), self.device)
            inputs, target = self._shard(*self.task.prepare(to_floats(batch)))
            self._measure(self.measures, self.loss.predict(self(inputs)), target)

    def _measure(self, measures: MetricCollection, prediction: Tensor, target: Tensor) -> None:
        # torchmetrics takes labels as integers.
        measures.update(prediction, target.long() if self.task.needs_labels else target)

    def on_validation_epoch_end(self) -> None:
        """Log the measures over the whole split."""
        self.log_dict({f"val/{k}": v for k, v in self.measures.compute().items()})
        self.measures.reset()

    def examples(self, data: PackedDataset) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (input, target) of all examples in order, with noise that is always the same."""
        for index, batch in enumerate(data.batches()):
            set_seed(derive(self.seed, "examples", index), self.device)
            yield self.task.prepare(batch)

    def predictions(self, data: PackedDataset) -> tuple[Tensor, Tensor]:
        """Return (prediction, target) of all examples of a split, on the processor."""
        pairs = [(self.predict(x).cpu(), y.cpu()) for x, y in self.examples(data)]
        prediction, target = (torch.cat(parts) for parts in zip(*pairs, strict=True))
        return prediction, target

    def evaluate(self, data: PackedDataset) -> dict[str, float]:
        """Return the task's `metrics` over the whole of a split."""
        return self.measured(data, self.predict)

    def measured(self, data: PackedDataset, answer: Callable[[Tensor], Tensor]) -> dict[str, float]:
        """Return the task's `metrics` of other answers than the module's.

        Args:
            data: the split.
            answer: makes predictions of inputs, in the target's units.
        """
        measures = self.task.metrics(self.spec).to(self.device)
        for measure in measures.values():
            # Whoever calls this sees the whole split, also after a distributed fit.
            measure.distributed_available_fn = lambda: False
        for inputs, target in self.examples(data):
            self._measure(measures, answer(inputs).to(self.device), target.to(self.device))
        return {name: float(value) for name, value in measures.compute().items()}
