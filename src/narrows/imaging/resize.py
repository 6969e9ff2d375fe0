"""The antialiased bicubic resizing with which super-resolution is measured: MATLAB's imresize.

Each new pixel is a weighted sum of old ones, with the cubic of Keys (1981), a = −1/2, as weights.
Where the picture shrinks, the kernel is widened by the factor, so that it takes away what the new
grid cannot show. Outside of the picture its outermost pixels go on, as in the versions of imresize
that the reduced pictures of Set5 and Set14 were made with; later ones mirror the picture there.
"""

from functools import lru_cache
from math import ceil

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor

# The cubic is 0 from this distance on.
_REACH = 2


def reduce(x: Tensor, factor: PositiveInt) -> Tensor:
    """Return pictures `factor` times smaller, with the 8 bits of a file, as published sets are.

    Bytes stand between the two axes too, as MATLAB has it: that cuts off what the kernel
    overshoots beside edges, where results would else differ by several levels.

    Args:
        x: (..., H, W), floats in [0, 1], which are rounded to bytes.
        factor: of the reduction.

    Returns:
        (..., ⌈H/factor⌉, ⌈W/factor⌉), multiples of 1/255 in [0, 1].
    """
    levels = _levels(x * 255)
    for axis in (x.ndim - 2, x.ndim - 1):
        levels = _levels(_along(levels, axis, 1, factor))
    return levels / 255


def _levels(values: Tensor) -> Tensor:
    """Round to whole numbers from 0 to 255, halves up: factor 2 gives many of these."""
    return values.clamp(0, 255).add(0.5).floor()


def enlarge(x: Tensor, factor: PositiveInt) -> Tensor:
    """Return pictures x, (..., H, W), `factor` times larger: (..., H factor, W factor)."""
    return resize(x, up=factor)


def resize(x: Tensor, up: PositiveInt = 1, down: PositiveInt = 1) -> Tensor:
    """Return pictures at up / down times their size, rounded up.

    Values may leave the range of the old ones beside edges, as MATLAB's do for floats.

    Args:
        x: (..., H, W), floats.
        up: what the size is multiplied by,
        down: and what it is divided by.
    """
    for axis in (x.ndim - 2, x.ndim - 1):
        x = _along(x, axis, up, down)
    return x


def _along(x: Tensor, axis: int, up: int, down: int) -> Tensor:
    index, weight = _taps(x.shape[axis], up, down)
    shape = [1] * x.ndim
    shape[axis] = -1
    rows = torch.from_numpy(index).to(x.device)
    factors = torch.from_numpy(weight).to(x.device, x.dtype)
    first, *rest = range(len(index))
    # One tap after the other: the memory is that of the result, whatever the factor.
    total = x.index_select(axis, rows[first]) * factors[first].view(shape)
    for tap in rest:
        total = total.addcmul(x.index_select(axis, rows[tap]), factors[tap].view(shape))
    return total


# Held as numpy arrays: tensors would be of the device that was the default when they were made.
@lru_cache(maxsize=64)
def _taps(n: int, up: int, down: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which old pixels make each new one, and with which weights.

    Args:
        n: number of old pixels along the axis.
        up: what it is multiplied by,
        down: and what it is divided by.

    Returns:
        Numbers of old pixels, (taps, new) int64, and their weights, (taps, new), of sum 1.
    """
    # The kernel's stretch: 1 where the picture grows.
    wide = max(1.0, down / up)
    new = np.arange(ceil(n * up / down))
    # Centres of new pixels in the old grid, where a pixel's own centre is a whole number.
    centre = (new + 0.5) * down / up - 0.5
    first = np.floor(centre - _REACH * wide).astype(np.int64)
    old = first + np.arange(ceil(2 * _REACH * wide) + 2)[:, None]
    weight = _cubic((centre - old) / wide)
    weight /= weight.sum(0)
    used = weight.any(1)
    return old[used].clip(0, n - 1), weight[used]


def _cubic(t: np.ndarray) -> np.ndarray:
    """Return the cubic of Keys (1981), equation 15, with a = −1/2."""
    t = np.abs(t)
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return np.where(t <= 1, near, np.where(t < _REACH, far, 0.0))
