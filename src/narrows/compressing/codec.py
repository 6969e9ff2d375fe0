"""What a run's codes are written with: a quantizer and frequencies, made of its training codes."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from narrows.compressing.entropy import EntropyCoder, bits_of, frequencies_of
from narrows.compressing.products import Products
from narrows.compressing.quantizing import Quantizer, Uniform
from narrows.errors import UserError
from narrows.files import write_with


@dataclass(frozen=True)
class Codec:
    """Codes to bytes and back.

    Attributes:
        quantizer: codes to symbols.
        frequencies: of the symbols in each place.
    """

    quantizer: Quantizer
    frequencies: list[np.ndarray]

    @classmethod
    def of(cls, quantizer: Quantizer, codes: np.ndarray) -> "Codec":
        """Count the symbols of training codes, (n, m)."""
        symbols = quantizer.symbols(codes)
        return cls(quantizer, frequencies_of(symbols, quantizer.levels))

    @cached_property
    def coder(self) -> EntropyCoder:
        """Return the entropy coder of the symbols."""
        return EntropyCoder(self.frequencies)

    def bits(self, codes: np.ndarray) -> float:
        """Return about how many bits a code takes, on average over codes, (n, m)."""
        return bits_of(self.quantizer.symbols(codes), self.frequencies)

    def packed(self) -> bytes:
        """Return the codec as a safetensors file."""
        return save({**self.quantizer.arrays(), "frequencies": np.concatenate(self.frequencies)})

    @classmethod
    def unpacked(cls, data: bytes) -> "Codec":
        """Read what `packed` gives."""
        arrays = load(data)
        frequencies = arrays.pop("frequencies")
        kind = Products if "centroids" in arrays else Uniform
        quantizer = kind(**arrays)
        return cls(quantizer, np.split(frequencies, quantizer.levels.cumsum()[:-1]))

    @cached_property
    def identity(self) -> str:
        """Return a hash of all that it is made of."""
        return hashlib.sha256(self.packed()).hexdigest()[:16]


def kept(path: Path) -> Codec | None:
    """Return the codec in a file; None if there is none.

    Raises:
        UserError: if the file is broken.
    """
    if not path.is_file():
        return None
    try:
        return Codec.unpacked(path.read_bytes())
    except Exception as error:
        raise UserError(f"{path} is broken; delete it, and it is made again") from error


def keep(codec: Codec, path: Path) -> None:
    """Write a codec into a file."""
    write_with(path, lambda temporary: temporary.write_bytes(codec.packed()))
