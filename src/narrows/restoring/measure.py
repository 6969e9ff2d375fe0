"""How near restored pictures come to true ones, picture by picture, as papers measure it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from narrows.errors import UserError
from narrows.imaging.lab import delta_e, to_lab
from narrows.imaging.luma import grey, studio

# MS-SSIM halves a picture four times and wants 11 pixels there.
_MULTISCALE = 176
# CIE Lab's a* and b* as bytes: PSNR's largest value.
_LEVELS = 255.0

Restore = Callable[[Tensor], Tensor]


class Pair(NamedTuple):
    """A picture as it is given, (1, C, h, w), and as it should come out, (1, C′, H, W)."""

    given: Tensor
    true: Tensor


@dataclass(frozen=True)
class Protocol:
    """What is measured of a picture.

    Attributes:
        border: pixels that are left out on each side; the scale, for super-resolution.
        luma: grey pictures are Y' from 0 to 1, to be measured on television's scale.
        rounded: restored and true pictures are brought to 8 bits before, as in a file.
    """

    border: int = 0
    luma: bool = False
    rounded: bool = True


def measure(restore: Restore, pairs: Iterable[Pair], protocol: Protocol) -> dict[str, list[float]]:
    """Return each measure of each picture.

    Args:
        restore: gives a picture for a given one.
        pairs: of what is given and what is true.
        protocol: of the measurement.
    """
    scores = [_scores(restore(given), true, protocol) for given, true in pairs]
    # MS-SSIM is left out as a whole where one picture is too small for it.
    names = [name for name in scores[0] if all(name in score for score in scores)]
    return {name: [score[name] for score in scores] for name in names}


def means(scores: dict[str, list[float]]) -> dict[str, float]:
    """Return the mean of each measure over the pictures, which count alike whatever their size."""
    return {name: fmean(values) for name, values in scores.items()}


def _scores(output: Tensor, true: Tensor, protocol: Protocol) -> dict[str, float]:
    output, true = (_cut(x, protocol.border).clamp(0, 1) for x in (output.detach().float(), true))
    if output.shape != true.shape:
        raise UserError(
            f"a restored picture has the shape {tuple(output.shape[1:])}, the true one "
            f"{tuple(true.shape[1:])}; is this run for another task?"
        )
    if protocol.luma:
        output, true = studio(output), studio(true)
    if protocol.rounded:
        output, true = (x.mul(255).round().div(255) for x in (output, true))
    if true.shape[1] == 1:
        return _of_luma(output, true, "")
    luma = _of_luma(studio(grey(output)), studio(grey(true)), "_y")
    colours = _of_colours(to_lab(output), to_lab(true))
    return {"psnr_rgb": _psnr(output, true)} | luma | colours


def _cut(x: Tensor, border: int) -> Tensor:
    return x[..., border : x.shape[-2] - border, border : x.shape[-1] - border]


def _of_luma(output: Tensor, true: Tensor, suffix: str) -> dict[str, float]:
    """Return PSNR and SSIM of one channel (Wang et al. 2004: Gaussian window of 11 pixels)."""
    scores = {
        f"psnr{suffix}": _psnr(output, true),
        f"ssim{suffix}": float(
            _first(structural_similarity_index_measure(output, true, data_range=1.0))
        ),
    }
    if min(true.shape[-2:]) > _MULTISCALE:
        scores[f"ms_ssim{suffix}"] = float(
            multiscale_structural_similarity_index_measure(output, true, data_range=1.0)
        )
    return scores


def _of_colours(output: Tensor, true: Tensor) -> dict[str, float]:
    """Return measures of L*, a* and b*, (1, 3, H, W)."""
    chroma = [lab[:, 1:].norm(dim=1).mean() for lab in (output, true)]
    return {
        "psnr_ab": float(peak_signal_noise_ratio(output[:, 1:], true[:, 1:], data_range=_LEVELS)),
        "delta_e": float(delta_e(output, true).mean()),
        # 1 is as colourful as the true picture; 0 is grey.
        "colourfulness": float(chroma[0] / chroma[1].clamp(min=1e-6)),
    }


def _psnr(output: Tensor, true: Tensor) -> float:
    return float(peak_signal_noise_ratio(output, true, data_range=1.0))


def _first(value: Tensor | tuple[Tensor, ...]) -> Tensor:
    """Return SSIM itself, of what may be asked to bring maps with it."""
    return value if isinstance(value, torch.Tensor) else value[0]
