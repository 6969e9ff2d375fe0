"""Pictures of all points in one sheet, for a page that shows one of them at a time."""

from io import BytesIO
from math import ceil
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from narrows.loading import PackedDataset
from narrows.pictures import to_bytes
from narrows.report.templates import png_uri

# Of the sheet's file: in base64, with all else on the page, that is to stay below 8 MB.
_MOST = 5_000_000
# A picture's longer side on the page, and what it may shrink to.
_LONGEST, _LEAST = 64, 8
# Wider or higher ones some browsers do not draw.
_WIDEST = 8192


class Sheet(NamedTuple):
    """Pictures side by side, row after row.

    Attributes:
        uri: the sheet as a data: URI.
        columns: pictures in a row.
        width: of one of them.
        height: of one.
    """

    uri: str
    columns: int
    width: int
    height: int


def sheet_of(parts: list[PackedDataset]) -> Sheet:
    """Return the pictures of all examples, in order, as large as there is room for.

    Args:
        parts: images, (n, C, H, W).
    """
    height, width = tuple(parts[0].x.shape)[2:]
    n = sum(map(len, parts))
    shrink = min(1.0, _LONGEST / max(height, width), (_WIDEST**2 / (n * height * width)) ** 0.5)
    while True:
        size = max(1, int(height * shrink)), max(1, int(width * shrink))
        png, columns = _png(parts, size)
        if len(png) <= _MOST or max(size) <= _LEAST:
            return Sheet(png_uri(png), columns, size[1], size[0])
        shrink *= min(0.9, (_MOST / len(png)) ** 0.5)


def _png(parts: list[PackedDataset], size: tuple[int, int]) -> tuple[bytes, int]:
    small = [_resized(x, size) for part in parts for x, _ in part.batches()]
    images = np.concatenate(small)
    height, width = size
    columns = max(1, min(_WIDEST // width, ceil((len(images) * height / width) ** 0.5)))
    rows = ceil(len(images) / columns)
    canvas = np.zeros((rows * columns, *images.shape[1:]), np.uint8)
    canvas[: len(images)] = images
    laid = canvas.reshape(rows, columns, *images.shape[1:]).swapaxes(1, 2)
    picture = Image.fromarray(laid.reshape(rows * height, columns * width, *images.shape[3:]))
    file = BytesIO()
    picture.save(file, "png", optimize=True)
    return file.getvalue(), columns


def _resized(x: Tensor, size: tuple[int, int]) -> np.ndarray:
    """Return images as bytes, (n, h, w) grey or (n, h, w, 3)."""
    if x.shape[1] not in (1, 3):
        # What is no colour is shown as the grey of all channels.
        x = x.mean(1, keepdim=True)
    if size != tuple(x.shape[2:]):
        x = interpolate(x, size, mode="bilinear", antialias=True)
    return to_bytes(x)


def is_pictured(part: PackedDataset) -> bool:
    """Tell whether examples are images."""
    return isinstance(part.x, torch.Tensor) and part.x.ndim == 4
