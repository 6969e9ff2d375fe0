"""Which runs can be explored: what they decode is a picture, from a code of two numbers."""

from pathlib import Path
from typing import cast

import numpy as np
import torch

from narrows import runs
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.losses.logistic import Logistic
from narrows.module import Module
from narrows.spec import Shape


def load_explorable(folder: Path) -> Module:
    """Load a run.

    Raises:
        UserError: if its code is not two numbers, or it does not give pictures.
    """
    spec = runs.read_spec(folder)
    if spec.kind != "image":
        raise UserError(
            f"model={folder} is for a {spec.kind}, and only pictures can be explored; name a run "
            "that was trained on images"
        )
    module = load_run(folder).module.eval()
    shape = module.task.out_shape(spec)
    if module.task.needs_labels or len(shape) != 3 or shape[0] not in (1, 3):
        raise UserError(
            f"model={folder} does not give pictures, grey or in colour; name a run with "
            "task=reconstruction or denoising"
        )
    code = cast("Shape", module.encoder.out_shape)
    if code != (2,):
        told = " × ".join(map(str, code))
        raise UserError(
            f"model={folder} has codes of {told} numbers, and a map is of 2; train one with "
            "encoder.code_size=2"
        )
    return module


def has_logits(module: Module) -> bool:
    """Tell whether the decoder gives logits, not pixels."""
    return isinstance(module.loss, Logistic)


@torch.no_grad()
def decode(module: Module, codes: np.ndarray) -> np.ndarray:
    """Return what the decoder gives for codes, (n, 2): values before the loss's `predict`.

    Returns:
        (n, C, H, W) float32.
    """
    return module.decoder(torch.from_numpy(codes).float()).numpy()
