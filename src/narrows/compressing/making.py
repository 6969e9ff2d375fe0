"""A run's codecs: made of its training codes once, and kept in its folder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from narrows import runs
from narrows.compressing.codec import Codec, keep, kept
from narrows.compressing.products import Products
from narrows.compressing.quantizing import Uniform, error_of
from narrows.compressing.sensitivity import sensitivity
from narrows.encoding.codes import check_gives_back, codes_of
from narrows.evaluation import load_run
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.new_examples import data_of

# Values of a code that share a centroid's number.
PQ_WIDTH = 4
# Training examples that steps, frequencies and centroids are made of.
SAMPLE, _PROBED = 1 << 15, 2048


class Coded:
    """A trained run that codes are made and decoded with.

    Attributes:
        folder: of the run.
        module: encoder and decoder.
        model: hash of the weights.
    """

    def __init__(self, name: str) -> None:
        self.folder = runs.find(name, "model")
        self.module = load_run(self.folder).module.eval()
        check_gives_back(self.module, self.folder)
        self.model = runs.sha256(self.folder / runs.WEIGHTS)[:16]

    def codec(self, bits: str) -> Codec:
        """Return the codec of so many bits, from the run's folder or else made and put there.

        Raises:
            UserError: if it has to be made, and the run's data are not there.
        """
        # An earlier run in this folder may have left one of its own.
        path = self.folder / f"codec-{bits}-{self.model}.safetensors"
        codec = kept(path)
        if codec is None:
            codec = make_codec(*training_codes(self.module, data_of(self.folder)), bits)
            keep(codec, path)
        return codec


def training_codes(module: Module, data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return codes of training examples, (n, m), and how far the output moves with each value."""
    train = PackedDataset.open(data, "train").spread(SAMPLE)
    codes = torch.cat(list(codes_of(module, train)))
    probed = codes[torch.linspace(0, len(codes) - 1, min(len(codes), _PROBED)).long()]
    return codes.numpy(), sensitivity(_differentiable(module), probed).numpy()


def _differentiable(module: Module) -> Callable[[Tensor], Tensor]:
    return lambda z: module.loss.predict(module.decoder(z))


def make_codec(codes: np.ndarray, sensitive: np.ndarray, bits: str) -> Codec:
    """Make a codec of training codes.

    Args:
        codes: (n, m).
        sensitive: (m,) how far the output moves with each value.
        bits: for the widest value before entropy coding; or pq, a byte for each four values.
    """
    if bits == "pq":
        return Codec.of(Products.of(codes, sensitive, PQ_WIDTH), codes)
    error = error_of(codes, sensitive, int(bits))
    return Codec.of(Uniform.of(codes, sensitive, error), codes)
