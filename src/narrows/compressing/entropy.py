"""Symbols to bytes and back by a range coder, with frequencies that both sides know."""

import numpy as np
from constriction import stream  # pyright: ignore[reportAttributeAccessIssue]


class EntropyCoder:
    """Codes blocks of symbols in about as many bits as their frequencies say.

    Args:
        frequencies: for each place how often each of its symbols is expected, all above 0.
    """

    def __init__(self, frequencies: list[np.ndarray]) -> None:
        # A place with one symbol takes no bits, and has no model.
        self.models = [
            stream.model.Categorical(f / f.sum(), perfect=False) if len(f) > 1 else None
            for f in frequencies
        ]

    def encode(self, symbols: np.ndarray) -> bytes:
        """Return the bytes of a block, (n, s) int32, one place after another."""
        encoder = stream.queue.RangeEncoder()
        for model, column in zip(self.models, symbols.T, strict=True):
            if model is not None:
                encoder.encode(np.ascontiguousarray(column), model)
        return encoder.get_compressed().astype("<u4").tobytes()

    def decode(self, data: bytes, n: int) -> np.ndarray:
        """Return the n rows of symbols that a block's bytes stand for, (n, s) int32.

        Other bytes give other symbols, and no error.
        """
        decoder = stream.queue.RangeDecoder(np.frombuffer(data, "<u4").astype(np.uint32))
        symbols = np.zeros((n, len(self.models)), np.int32)
        for place, model in enumerate(self.models):
            if model is not None:
                symbols[:, place] = decoder.decode(model, n)
        return symbols


def frequencies_of(symbols: np.ndarray, levels: np.ndarray) -> list[np.ndarray]:
    """Count symbols, (n, s), in each place; one that was not met counts as half of one that was."""
    return [
        2.0 * np.bincount(column, minlength=count) + 1
        for column, count in zip(symbols.T, levels, strict=True)
    ]


def bits_of(symbols: np.ndarray, frequencies: list[np.ndarray]) -> float:
    """Return the mean over rows of the bits that symbols, (n, s), take by these frequencies."""
    rates = [
        -np.log2(f / f.sum())[column].mean()
        for f, column in zip(frequencies, symbols.T, strict=True)
    ]
    return float(np.sum(rates))
