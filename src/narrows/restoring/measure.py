"""How near restored pictures come to true ones, picture by picture, as papers measure it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from narrows.errors import UserError
from narrows.imaging.lab import delta_e, to_lab
from narrows.imaging.luma import grey, studio

# SSIM's Gaussian window, and how much each of MS-SSIM's scales counts, from the finest on.
_WINDOW = 11
_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# What leaves a whole window at the coarsest scale.
_LEAST = _WINDOW * 2 ** (len(_EXPONENTS) - 1)
# The largest value of a byte: PSNR of a* and b* is of these as bytes.
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

    PSNR (dB), SSIM and MS-SSIM are of a grey picture itself, or end in `_y` and are of Y', where
    PSNR of all three channels stands beside them as `psnr_rgb`. Colours have PSNR of a* and b* as
    bytes, the mean of CIEDE2000, and `colourfulness`: 1 is as colourful as the true picture, 0 is
    grey.

    Args:
        restore: gives a picture for a given one.
        pairs: of what is given and what is true.
        protocol: of the measurement.
    """
    scores = [_scores(restore(given), true, protocol) for given, true in pairs]
    # MS-SSIM is left out as a whole where one picture is too small for it.
    names = [name for name in scores[0] if all(name in score for score in scores)]
    return {name: [score[name] for score in scores] for name in names}


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
    colours["colourfulness"] = colourfulness(output) / max(colourfulness(true), 1.0)
    return {"psnr_rgb": _psnr(output, true)} | luma | colours


def _cut(x: Tensor, border: int) -> Tensor:
    return x[..., border : x.shape[-2] - border, border : x.shape[-1] - border]


def _of_luma(output: Tensor, true: Tensor, suffix: str) -> dict[str, float]:
    """Return PSNR, SSIM and, of pictures that are large enough, MS-SSIM of one channel."""
    scores = {f"psnr{suffix}": _psnr(output, true), f"ssim{suffix}": _ssim(output, true)}
    if min(true.shape[-2:]) >= _LEAST:
        scores[f"ms_ssim{suffix}"] = _ms_ssim(output, true)
    return scores


def _ssim(output: Tensor, true: Tensor) -> float:
    """Return SSIM (Wang et al. 2004) over the places where the whole window is in the picture.

    torchmetrics' own mean has the borders too, with a mirrored picture beyond, which papers leave
    out.
    """
    _, each = structural_similarity_index_measure(
        output, true, data_range=1.0, return_full_image=True
    )
    return float(_cut(each, _WINDOW // 2).mean())


def _ms_ssim(output: Tensor, true: Tensor) -> float:
    """Return MS-SSIM (Wang, Simoncelli and Bovik 2003), over such places at each scale."""
    product = 1.0
    for exponent in _EXPONENTS[:-1]:
        _, contrast = structural_similarity_index_measure(
            output, true, data_range=1.0, return_contrast_sensitivity=True
        )
        product *= max(float(contrast), 0.0) ** exponent
        output, true = (avg_pool2d(x, 2) for x in (output, true))
    return product * max(_ssim(output, true), 0.0) ** _EXPONENTS[-1]


def _of_colours(output: Tensor, true: Tensor) -> dict[str, float]:
    """Return measures of L*, a* and b*, (1, 3, H, W)."""
    return {
        "psnr_ab": float(peak_signal_noise_ratio(output[:, 1:], true[:, 1:], data_range=_LEVELS)),
        "delta_e": float(delta_e(output, true).mean()),
    }


def colourfulness(rgb: Tensor) -> float:
    """Return how colourful a picture in sRGB is, as people say: 0 is grey, 100 is extremely so.

    It is √(σ²rg + σ²yb) + 0.3 √(μ²rg + μ²yb) of rg = R − G and yb = (R + G) / 2 − B, of 255 levels
    (Hasler and Süsstrunk 2003, M̂³).

    Args:
        rgb: (1, 3, H, W), in [0, 1].
    """
    red, green, blue = rgb[0].double().mul(_LEVELS).flatten(1)
    opponents = torch.stack([red - green, (red + green) / 2 - blue])
    spread, mean = opponents.std(1, correction=0).norm(), opponents.mean(1).norm()
    return float(spread + 0.3 * mean)


def _psnr(output: Tensor, true: Tensor) -> float:
    return float(peak_signal_noise_ratio(output, true, data_range=1.0))
