"""Pictures of examples, of weights and of attributions, as data: URIs."""

import matplotlib
import numpy as np
import torch
from torch import Tensor

from narrows.report.data_samples import picture
from narrows.report.templates import png_uri

# Red above 0, blue below, white at 0: told apart by people with any colour vision.
_DIVERGING = "RdBu_r"
# The few largest values of an attribution would leave all others white.
_BRIGHTEST = 0.99
_TINY = 1e-12


def image_png(image: Tensor) -> str:
    """Draw an image, (C, H, W), with values in [0, 1]."""
    return _uri(image.detach().clamp(0, 1).numpy())


def weights_png(weights: Tensor) -> str:
    """Draw weights, (C, h, w), on a scale of their own.

    Three channels are drawn as colours, grey being 0; of others the mean is.
    """
    scaled = (weights / weights.abs().max().clamp(min=_TINY)).numpy()
    if len(scaled) == 3:
        return _uri((scaled + 1) / 2)
    return _uri(_diverging(scaled.mean(0)))


def attribution_png(image: Tensor, attribution: Tensor) -> str:
    """Draw attributions, (C, H, W), summed over channels, over the image that they are of, in grey.

    What has little is as the image is, so that it shows which part of what is meant.
    """
    share = _shares(attribution)
    grey = 0.55 + 0.4 * image.detach().clamp(0, 1).mean(0).numpy()
    opaque = np.abs(share) ** 0.5
    return _uri(grey * (1 - opaque) + _diverging(share) * opaque)


def mean_attribution_png(attribution: Tensor) -> str:
    """Draw mean absolute attributions, (C, H, W), summed over channels, from dark to bright."""
    colours = matplotlib.colormaps["inferno"](_shares(attribution))
    return _uri(colours[..., :3].transpose(2, 0, 1))


def _shares(attribution: Tensor) -> np.ndarray:
    """Return attributions, (H, W), as shares of the largest, -1 to 1."""
    values = attribution.sum(0)
    largest = torch.quantile(values.abs().flatten(), _BRIGHTEST)
    scale = max(float(largest if largest > 0 else values.abs().max()), _TINY)
    return (values / scale).clamp(-1, 1).numpy()


def _diverging(share: np.ndarray) -> np.ndarray:
    """Return colours, (3, H, W), of values in [-1, 1], (H, W)."""
    return matplotlib.colormaps[_DIVERGING]((share + 1) / 2)[..., :3].transpose(2, 0, 1)


def _uri(values: np.ndarray) -> str:
    return png_uri(picture((values * 255).round().astype(np.uint8)))
