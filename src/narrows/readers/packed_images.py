"""Encoded images end to end in one array, with another that says where each begins."""

import io
from pathlib import Path

import numpy as np

from narrows.datasets.base import Block
from narrows.errors import UserError
from narrows.readers.images import ImageError, quiet
from narrows.readers.npz import read_npz
from narrows.readers.pixels import read_pixels
from narrows.spec import Shape


class PackedImages:
    """Images of one size, decoded when they are asked for.

    Args:
        content: (bytes,) uint8, all images end to end.
        bounds: (n, 2) where each begins and ends.
        shape: (channels, height, width) of each.
        source: where they are from, for messages.
    """

    sparse = False
    dtype = np.dtype(np.uint8)

    def __init__(self, content: np.ndarray, bounds: np.ndarray, shape: Shape, source: str) -> None:
        self.content, self.bounds, self.source = content, bounds, source
        self.shape: Shape = (len(bounds), *shape)

    def take(self, rows: np.ndarray) -> "PackedImages":
        """Return some of the images."""
        return PackedImages(self.content, self.bounds[rows], self.shape[1:], self.source)

    def block(self, start: int, stop: int) -> Block:
        """Decode the images from `start` to before `stop`."""
        bounds = self.bounds[start:stop]
        values = np.zeros((len(bounds), *self.shape[1:]), np.uint8)
        problems = {}
        with quiet():
            for row, (begin, end) in enumerate(bounds):
                try:
                    values[row] = self._decoded(begin, end)
                except ImageError as error:
                    problems[row] = f"{self.source}: the image in bytes {begin} to {end} {error}"
        return Block(values, problems)

    def _decoded(self, begin: int, end: int) -> np.ndarray:
        picture = decode(self.content[begin:end], self.shape[1])
        if picture.shape != self.shape[1:]:
            raise ImageError(f"has {picture.shape[2]} x {picture.shape[1]} pixels")
        return picture


def decode(content: np.ndarray, channels: int) -> np.ndarray:
    """Return the pixels of one image, (channels, height, width) uint8; call it within `quiet`."""
    return read_pixels(io.BytesIO(content.tobytes()), channels)


def read_packed(path: Path, name: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the content and the bounds, (n, 2), of the images NAME of an .npz archive.

    Args:
        path: of the archive.
        name: of the images: it has NAME_KIND and NAME_offsets.
        kind: 'jpeg' or 'webp'.

    Raises:
        UserError: if it is broken.
    """
    arrays = read_npz(path, [f"{name}_{kind}", f"{name}_offsets"])
    content, offsets = arrays.values()
    sound = (
        content.dtype == np.uint8
        and content.ndim == offsets.ndim == 1
        and offsets.dtype.kind in "iu"
        and len(offsets) > 0
        and int(offsets[0]) >= 0
        and int(offsets[-1]) <= len(content)
        and bool((offsets[1:] > offsets[:-1]).all())
    )
    if not sound:
        raise UserError(f"{path} is broken ({name}_offsets do not fit); fetch it again")
    offsets = offsets.astype(np.int64)
    return content, np.stack([offsets[:-1], offsets[1:]], 1)
