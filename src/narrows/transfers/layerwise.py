"""Stacked denoising autoencoders (Vincent et al. 2010): one layer after the other, then all."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from narrows.corruptions.masking import Masking
from narrows.decoders import mlp as decoders
from narrows.encoders import mlp as encoders
from narrows.errors import UserError
from narrows.fields import Fraction
from narrows.loading import ChunkSampler, PackedDataset, to_floats
from narrows.losses.squared_error import SquaredError
from narrows.module import Module
from narrows.randomness import derive, set_seed
from narrows.tasks.base import Batch


class Layer(NamedTuple):
    """A layer of the encoder and its mirror image in the decoder, each with its h."""

    encoder: nn.Module
    decoder: nn.Module


class Layerwise:
    """Each layer learns to denoise the output of the layer below; then the run trains the stack.

    The first layer and its mirror image in the decoder learn the run's task, with its loss. Each
    other layer learns to restore, with squared error, what the trained layers below make of the
    clean x, from a copy in which values are masked (section 3.5 and figure 3 of the paper). The
    run's optimizer and schedule start anew for each layer. It is done on the processor.

    Args:
        epochs: passes over the training examples, for each layer.
        batch_size: examples in one optimizer step of this.
        fraction: of values that are masked, from the second layer on.
    """

    needs_pretrained = False

    def __init__(
        self, epochs: PositiveInt = 5, batch_size: PositiveInt = 64, fraction: Fraction = 0.3
    ) -> None:
        self.epochs, self.batch_size = epochs, batch_size
        self.masking = Masking(fraction)

    def check(self, module: Module) -> None:
        """A layer needs its mirror image in the decoder, and the outermost ones x as target."""
        encoder, decoder = module.encoder, module.decoder
        if not isinstance(encoder, encoders.Encoder) or not isinstance(decoder, decoders.Decoder):
            raise UserError(
                "transfer=layerwise trains layer by layer; add encoder=mlp decoder=mlp, or use "
                "transfer=scratch"
            )
        if module.task.out_shape(module.spec) != module.spec.shape:
            raise UserError(
                "transfer=layerwise needs a task that restores x; use task=denoising, then "
                "transfer=finetune or transfer=frozen for another task"
            )
        up, down = _maps(encoder.layers), _maps(decoder.layers)
        if [m.in_features for m in up] != [m.out_features for m in reversed(down)]:
            widths = [m.out_features for m in reversed(up[:-1])]
            raise UserError(
                "transfer=layerwise needs a decoder that mirrors the encoder; "
                f"use decoder.hidden={widths}"
            )

    def start(self, module: Module, data: PackedDataset) -> dict[str, float]:
        """Train each layer in turn.

        Returns:
            The mean loss of each layer in its last epoch.
        """
        module.train()
        layers = _layers(module)
        return {
            f"layer{number + 1}_loss": self._train(module, data, layers, number)
            for number in range(len(layers))
        }

    def _train(
        self, module: Module, data: PackedDataset, layers: list[Layer], number: int
    ) -> float:
        """Train one layer, those below being fixed; return the mean loss of its last epoch."""
        layer, below = layers[number], nn.Sequential(*(one.encoder for one in layers[:number]))
        loss = module.loss if number == 0 else SquaredError()
        weights = [*layer.encoder.parameters(), *layer.decoder.parameters()]
        optimizer = module.make_optimizer(weights)
        rates = [group["lr"] for group in optimizer.param_groups]
        order = derive(module.seed, "layer order", number)
        sampler = ChunkSampler(len(data), self.batch_size, None, order)
        values: list[Tensor] = []
        for step, batch in enumerate(self._batches(data, sampler)):
            set_seed(derive(module.seed, "layer", number, step), module.device)
            inputs, target = self._pair(module, below, number, batch)
            value = loss(layer.decoder(layer.encoder(inputs)), target)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * module.schedule(step, self.epochs * sampler.steps)
            optimizer.zero_grad()
            value.mean().backward()
            optimizer.step()
            values.append(value.detach())
        return float(torch.cat(values[-sampler.steps :]).mean())

    def _batches(self, data: PackedDataset, sampler: ChunkSampler) -> Iterator[Batch]:
        """Yield the batches of all epochs."""
        for epoch in range(self.epochs):
            sampler.set_epoch(epoch)
            for chunk in sampler:
                yield from map(to_floats, data[chunk])

    @torch.no_grad()
    def _pair(
        self, module: Module, below: nn.Module, number: int, batch: Batch
    ) -> tuple[Tensor, Tensor]:
        """Return a layer's input and target."""
        batch = Batch(module.augment(batch.x), batch.y)
        if number == 0:
            return module.task.prepare(batch)
        clean = below(batch.x)
        return self.masking(clean), clean


def _maps(network: nn.Sequential) -> list[nn.Linear]:
    return [part for part in network if isinstance(part, nn.Linear)]


def _layers(module: Module) -> list[Layer]:
    """Cut encoder and decoder into layers, from x on."""
    assert isinstance(module.encoder, encoders.Encoder)  # noqa: S101
    assert isinstance(module.decoder, decoders.Decoder)  # noqa: S101
    up, down = _cut(module.encoder.layers), _cut(module.decoder.layers)
    return [Layer(*pair) for pair in zip(up, reversed(down), strict=True)]


def _cut(network: nn.Sequential) -> list[nn.Sequential]:
    """Cut a network so that each piece has one linear map and what follows it but dropout."""
    pieces: list[list[nn.Module]] = [[]]
    for part in network:
        if isinstance(part, nn.Linear) and _has_map(pieces[-1]):
            pieces.append([])
        if not isinstance(part, nn.Dropout):
            pieces[-1].append(part)
    return [nn.Sequential(*piece) for piece in pieces]


def _has_map(piece: list[nn.Module]) -> bool:
    return any(isinstance(part, nn.Linear) for part in piece)
