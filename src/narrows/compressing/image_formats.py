"""What JPEG and WebP make of small pictures: each in a file of its own, or many in one."""

from io import BytesIO
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from narrows.compressing.points import Point, point
from narrows.pictures import to_bytes

FORMATS = {"JPEG": (1, 5, 10, 20, 35, 50, 75, 90), "WebP": (0, 5, 10, 20, 35, 50, 75, 90)}
# Pictures in the row of a sheet, and rows at most.
_SIDE = 16
# Pictures begin at multiples of these pixels, so that no block of either format holds two.
_GRID = 16


class Curve(NamedTuple):
    """Points of one way to compress.

    Attributes:
        name: for people.
        points: in the order of bytes.
    """

    name: str
    points: list[Point]


def format_curves(pictures: Tensor) -> list[Curve]:
    """Return what each format makes of pictures, by its qualities.

    Args:
        pictures: (n, C, H, W) from 0 to 1; C is 1 or 3.
    """
    pixels = to_bytes(pictures)
    curves = []
    for name, qualities in FORMATS.items():
        alone = [_point(name, quality, list(pixels), pictures) for quality in qualities]
        sheets = [_point(name, quality, _sheets(pixels), pictures) for quality in qualities]
        curves += [Curve(f"{name}, a file each", alone), Curve(f"{name}, in sheets", sheets)]
    return curves


def _sheets(pixels: np.ndarray) -> list[np.ndarray]:
    """Lay pictures, (n, H, W[, 3]), out in sheets, with their last pixels repeated between them."""
    below, right = -pixels.shape[1] % _GRID, -pixels.shape[2] % _GRID
    rest = [(0, 0)] * (pixels.ndim - 3)
    padded = np.pad(pixels, [(0, 0), (0, below), (0, right), *rest], "edge")
    sheets = []
    for start in range(0, len(padded), _SIDE * _SIDE):
        some = padded[start : start + _SIDE * _SIDE]
        some = np.pad(some, [(0, -len(some) % _SIDE), *[(0, 0)] * (some.ndim - 1)])
        _, height, width, *colours = some.shape
        rows = some.reshape(-1, _SIDE, height, width, *colours).swapaxes(1, 2)
        sheets.append(rows.reshape(-1, _SIDE * width, *colours))
    return sheets


def _cut(sheets: list[np.ndarray], shape: tuple[int, ...], n: int) -> np.ndarray:
    """Take the first n pictures, (H, W[, 3]) each, out of sheets again."""
    height, width, *colours = shape
    tall, wide = height + -height % _GRID, width + -width % _GRID
    rows = (sheet.reshape(-1, tall, _SIDE, wide, *colours).swapaxes(1, 2) for sheet in sheets)
    whole = np.concatenate([row.reshape(-1, tall, wide, *colours) for row in rows])
    return whole[:n, :height, :width]


def _point(name: str, quality: int, files: list[np.ndarray], pictures: Tensor) -> Point:
    size, decoded = 0, []
    for pixels in files:
        file = BytesIO()
        Image.fromarray(pixels).save(file, name, quality=quality)
        size += file.tell()
        with Image.open(file) as image:
            decoded.append(np.asarray(image.convert("L" if pixels.ndim == 2 else "RGB")))
    n, _, height, width = pictures.shape
    shape = (height, width, *decoded[0].shape[2:])
    back = np.stack(decoded) if len(files) == n else _cut(decoded, shape, n)
    values = torch.from_numpy(back).float().div(255).reshape(n, height, width, -1)
    return point(f"quality {quality}", size / n, [values.permute(0, 3, 1, 2)], [pictures], True)
