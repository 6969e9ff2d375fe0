"""A trained run that restores pictures: `Restorer.of("runs/…").restore(photo)`."""

import numpy as np
import torch
from torch import Tensor

from narrows import runs
from narrows.evaluation import load_run
from narrows.imaging.lab import to_lab
from narrows.imaging.resize import enlarge
from narrows.module import Module
from narrows.restoring.photos import Photo
from narrows.restoring.tiles import Map, bytes_per_pixel, plan, tiled
from narrows.restoring.whole import (
    colours_of,
    margin,
    multiple_of,
    restorer,
    scale_of,
    sees_whole,
)
from narrows.tasks.colourization import Colourization, coloured, grey_of

# What a tile may take, unless another limit is given.
MEMORY = 1 << 29


class Restorer:
    """Restores pictures of any size, with tiles where they are large.

    Args:
        module: trained.

    Attributes:
        scale: how many times larger a restored picture is.
    """

    def __init__(self, module: Module) -> None:
        module.eval()
        # Tiles and files run side by side instead.
        torch.set_num_threads(1)
        self._module, self._work = module, restorer(module)
        self._channels = module.spec.shape[0]
        self._colours = isinstance(module.task, Colourization)
        self.scale, self._whole = scale_of(module), sees_whole(module)
        # The network of a whole picture is done before tiles are: these see no farther.
        self._reach = 0 if self._whole else margin(module)
        self._multiple = 1 if self._whole else multiple_of(module)
        # A tile of a picture that was seen whole has the colours that were found in it.
        given = 5 if self._whole else 3 if self._colours else self._channels
        side = -(-64 // self._multiple) * self._multiple
        self._bytes = bytes_per_pixel(lambda part: self._bytes_of(part, 255), given, side)

    @classmethod
    def of(cls, model: str) -> "Restorer":
        """Load a run by its folder or name.

        Raises:
            UserError: if there is none, or it takes pictures of one size alone.
        """
        return cls(load_run(runs.find(model, "model")).module)

    def restore(self, photo: Photo, memory: int = MEMORY, run: Map = map) -> Photo:
        """Return a picture restored, with the transparency and the other facts that it had.

        A run for grey pictures is given each channel of one in colour by itself. A run for colour
        is given a grey picture as three channels alike; unless it colours them, their mean is kept.

        Args:
            photo: the picture.
            memory: bytes that the network may take for a tile, at most.
            run: how tiles are worked on: `map`, or a pool's.
        """
        pixels = photo.pixels
        groups = [pixels]
        if self._channels == 1:
            groups = [channel[None] for channel in pixels]
        elif len(pixels) == 1 or self._colours:
            groups = [pixels if len(pixels) == 3 else np.repeat(pixels, 3, 0)]
        top = np.iinfo(pixels.dtype).max
        _, height, width = pixels.shape
        cut = plan(self._bytes, memory, self._multiple, self._reach, self.scale)
        results = []
        for group in groups:
            channels = 3 if self._colours else self._channels
            size = (channels, height * self.scale, width * self.scale)
            out = np.empty(size, pixels.dtype)
            if self._whole:
                group = self._with_colours(group, top)
            tiled(group, lambda part: self._bytes_of(part, top), cut, out, run)
            results.append(out)
        restored = np.concatenate(results)
        if len(pixels) == 1 and len(restored) == 3 and not self._colours:
            restored = restored.mean(0, keepdims=True).round().astype(pixels.dtype)
        alpha = photo.alpha
        if alpha is not None and self.scale > 1:
            large = enlarge(torch.from_numpy(alpha.copy()).double()[None], self.scale)
            alpha = large[0].clamp(0, 255).round().byte().numpy()
        return Photo(restored, alpha, photo.format, photo.extra)

    def _with_colours(self, picture: np.ndarray, top: int) -> np.ndarray:
        """Return a picture, (3, H, W), and below it its ab to be, on the same scale."""
        given = torch.from_numpy(picture.astype(np.float32))[None] / top
        return np.concatenate([picture, colours_of(self._module, given)[0].numpy() * top])

    def _bytes_of(self, part: np.ndarray, top: int) -> np.ndarray:
        """Restore a tile, (C, h, w), to one of the same type of numbers."""
        values = torch.from_numpy(part.astype(np.float32))[None] / top
        given, colours = values[:, : self._channels], values[:, self._channels :]
        if self._colours:
            # As in training: what is given is grey, with the lightness of what is in colour.
            given = grey_of(to_lab(given))
        restored: Tensor = coloured(given, colours) if self._whole else self._work(given)
        values = restored[0].clamp(0, 1).mul(top).round()
        return values.numpy().astype(part.dtype)
