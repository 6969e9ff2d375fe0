"""Codes of examples, batch by batch."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from narrows import runs
from narrows.errors import UserError
from narrows.files import read_yaml
from narrows.loading import PackedDataset, evaluation_batch
from narrows.module import Module
from narrows.progress import Display
from narrows.spec import Shape
from narrows.tasks.base import Batch, Resized
from narrows.tasks.denoising import Denoising
from narrows.tasks.reconstruction import Reconstruction


def gives_back(module: Module) -> bool:
    """Tell whether the decoder makes of a code the example that it is the code of."""
    return isinstance(module.task, Reconstruction | Denoising)


def check_gives_back(module: Module, folder: Path) -> None:
    """Refuse a run whose codes are not vectors that examples can be made of.

    Raises:
        UserError: if its decoder does not give examples back, or its codes are maps.
    """
    if not gives_back(module):
        task = read_yaml(folder / runs.CONFIG)["task"]["_target_"].split(".")[-2]
        raise UserError(
            f"model={folder} has task={task}, and its decoder does not give examples back; train "
            "one with task=reconstruction"
        )
    if len(code_shape(module)) != 1:
        raise _maps(module, folder)


def check_no_map(module: Module, folder: Path) -> None:
    """Refuse a run whose codes are maps, (channels, height, width).

    Raises:
        UserError: if they are.
    """
    if len(code_shape(module)) == 3:
        raise _maps(module, folder)


def _maps(module: Module, folder: Path) -> UserError:
    return UserError(
        f"model={folder} has codes of shape {code_shape(module)}, which grow with the "
        "picture; train one whose encoder has a code_size"
    )


def code_shape(module: Module) -> Shape:
    """Return the shape of one code."""
    return cast("Shape", module.encoder.out_shape)


def codes_of(module: Module, data: PackedDataset, bar: Display | None = None) -> Iterator[Tensor]:
    """Yield the codes of all examples in order, each as one row, (batch, m).

    Examples are encoded as they are, without the noise and the changes of training.

    Args:
        module: trained.
        data: examples.
        bar: is told how many are done.
    """
    done = 0
    for batch in data.batches():
        yield module.encode(inputs_of(module, batch)).flatten(1).cpu()
        done += len(batch.x)
        if bar is not None:
            bar.show(done)


def inputs_of(module: Module, batch: Batch) -> Tensor:
    """Return what the encoder was made for: a smaller or a grey picture, for some tasks."""
    return module.task.prepare(batch)[0] if isinstance(module.task, Resized) else batch.x


@torch.no_grad()
def decoded(module: Module, codes: Tensor) -> Tensor:
    """Return what the decoder makes of codes, (n, m), in the target's units, some at a time."""
    decoder = module.decoder.eval()
    size = evaluation_batch(module.spec.shape)
    blocks = codes.to(module.device).unflatten(1, code_shape(module)).split(size)
    return torch.cat([module.loss.predict(decoder(z)).cpu() for z in blocks])
