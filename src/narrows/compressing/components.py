"""Principal components as codes, written by the same quantizer and entropy coder as a run's."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from narrows.components import components_of
from narrows.compressing.codec import Codec
from narrows.compressing.quantizing import Uniform
from narrows.encoders.pca import Encoder
from narrows.loading import PackedDataset
from narrows.spec import Spec

# Components that are tried; those that vary less than a step take no bytes.
_MOST = 512
# Halvings of the interval that the step is looked for in.
_HALVINGS = 14
# Codes that a step is tried with.
_TRIED = 4096


@dataclass(frozen=True)
class Components:
    """Principal components of the training examples.

    Attributes:
        encoder: z = W (x − μ).
        codes: of training examples, (n, m).
    """

    encoder: Encoder
    codes: np.ndarray

    @classmethod
    def of(cls, train: PackedDataset, spec: Spec) -> Self:
        """Find as many components as are of use; all training examples are looked at in turn."""
        encoder, some = components_of(train, spec, _MOST)
        with torch.no_grad():
            codes = torch.cat([encoder(batch.x) for batch in some.batches()])
        return cls(encoder, codes.numpy())

    def codec(self, bits: float) -> Codec:
        """Return the codec whose codes take about so many bits, by the training examples.

        Components are at right angles and of one length: each moves the output alike, so that all
        have one step, which is what is chosen here.
        """
        some = self.codes[:: -(-len(self.codes) // _TRIED)]
        low, high = np.log(1e-4), np.log(4 * float(np.abs(some).max()) + 1e-3)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if _codec(some, middle).bits(some) > bits:
                low = middle
            else:
                high = middle
        return _codec(self.codes, high)

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Return codes of examples, (n, m)."""
        return self.encoder(x)

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Return Wᵀ z + μ, (n, d)."""
        return codes @ self.encoder.weight + self.encoder.mean


def _codec(codes: np.ndarray, error: float) -> Codec:
    """Return the codec with the step exp(error)."""
    ones = np.ones(codes.shape[1])
    return Codec.of(Uniform.of(codes, ones, float(np.exp(error))), codes)
