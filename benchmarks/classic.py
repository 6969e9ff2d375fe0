"""What restored pictures before networks did; needs the extra `benchmarks`.

Options are those of each method's own documentation; the true σ of the noise is given to all.
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor

from narrows.errors import UserError
from narrows.imaging.lab import to_lab
from narrows.restoring.measure import Restore
from narrows.tasks.base import Batch
from narrows.tasks.colourization import Colourization, coloured

# Levels of lightness for which mean colours are kept.
_LEVELS = 101


def denoisers(sigma: float) -> dict[str, Restore]:
    """Return methods against Gaussian noise of standard deviation σ, by name."""
    restoration = library("skimage.restoration")
    return {
        # Dabov et al. 2007, by its authors.
        "BM3D": _each(lambda x: library("bm3d").bm3d(x, sigma)),
        # Buades et al. 2005, with scikit-image's example's options.
        "non-local means": _each(
            lambda x: restoration.denoise_nl_means(
                x, patch_size=5, patch_distance=6, h=0.6 * sigma, sigma=sigma, fast_mode=True
            )
        ),
        # Chang et al. 2000.
        "wavelets": _each(
            lambda x: restoration.denoise_wavelet(
                x, sigma=sigma, method="BayesShrink", mode="soft", rescale_sigma=True
            )
        ),
    }


def medians() -> dict[str, Restore]:
    """Return methods against single wrong pixels, by name."""
    median = library("skimage.filters").median
    return {f"median {n} x {n}": _each(lambda x, n=n: median(x, np.ones((n, n)))) for n in (3, 5)}


def mean_colours(task: Colourization, batches: Iterable[Batch]) -> Restore:
    """Return what gives each pixel the mean colour that its lightness has in examples.

    Args:
        task: says what lightness and colours are.
        batches: of the examples.
    """
    sums, counts = torch.zeros(2, _LEVELS), torch.zeros(_LEVELS)
    for batch in batches:
        grey, ab = task.prepare(batch)
        level = _level(grey)
        counts += level.bincount(minlength=_LEVELS)
        for channel, values in zip(sums, ab.transpose(0, 1).flatten(1), strict=True):
            channel += level.bincount(values, _LEVELS)
    # What no example has stays grey.
    means = torch.where(counts > 0, sums / counts, 128 / 255)
    return lambda given: coloured(given, means[:, _level(given).view(given.shape[2:])][None])


def _level(grey: Tensor) -> Tensor:
    """Return the lightness of each pixel, (batch H W), as a whole number."""
    return to_lab(grey)[:, 0].round().clamp(0, _LEVELS - 1).long().flatten()


def library(name: str) -> Any:
    """Import a library that only benchmarks use.

    Raises:
        UserError: if it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(
            f"{name} is not installed; run: pip install -e '.[benchmarks]' -c constraints.txt"
        ) from error


def _each(method: Callable[[np.ndarray], np.ndarray]) -> Restore:
    """Return a method for one grey picture, (H, W), as one for (1, 1, H, W)."""

    def restore(given: Tensor) -> Tensor:
        restored = method(given[0, 0].double().numpy())
        return torch.from_numpy(np.ascontiguousarray(restored))[None, None].float()

    return restore
