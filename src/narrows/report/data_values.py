"""What the values of a packed part are like, read block by block."""

from dataclasses import dataclass
from math import prod

import numpy as np

from narrows.store import Stored, StoredCsr

Packed = Stored | StoredCsr
_BYTES, _BINS, _SAMPLED, _PIECE = 256, 40, 1 << 21, 1 << 20
# A range that is wider than this many times that of the middle 99 % is cut for the histogram.
_HEAVY = 4.0


@dataclass(frozen=True)
class Values:
    """All values of a part, or of one column of it.

    Attributes:
        low: the least.
        high: the greatest.
        mean: of all, zeros included.
        deviation: standard deviation.
        zeros: share of values that are 0.
    """

    low: float
    high: float
    mean: float
    deviation: float
    zeros: float

    @property
    def centre(self) -> float:
        """The mean, and 0 where it is less than float32 can tell from 0 beside the others."""
        largest = max(abs(self.low), abs(self.high))
        return 0.0 if abs(self.mean) < 1e-7 * largest else self.mean


@dataclass(frozen=True)
class Histogram:
    """How often values lie where.

    Attributes:
        title: what is counted.
        edges: of the bins, one more than there are bins.
        counts: in each bin.
        outside: how many lie beyond the outer edges.
        note: on what it was made from.
    """

    title: str
    edges: list[float]
    counts: list[int]
    outside: int = 0
    note: str = ""


class Moments:
    """Running least, greatest, mean, variance and zeros of columns (Chan, Golub and LeVeque)."""

    def __init__(self, columns: int) -> None:
        self.n = 0
        self.low, self.high = np.full(columns, np.inf), np.full(columns, -np.inf)
        self.mean, self.squares = np.zeros(columns), np.zeros(columns)
        self.zeros = np.zeros(columns, np.int64)

    def add(self, rows: np.ndarray) -> None:
        """Take in rows, (n, columns)."""
        if not len(rows):
            return
        rows = rows.astype(np.float64, copy=False)
        n, mean = len(rows), rows.mean(0)
        self.merge(n, mean, ((rows - mean) ** 2).sum(0))
        self.low, self.high = np.minimum(self.low, rows.min(0)), np.maximum(self.high, rows.max(0))
        self.zeros += (rows == 0).sum(0)

    def merge(self, n: int, mean: np.ndarray, squares: np.ndarray) -> None:
        """Take in the mean of n rows and the sum of their squared distances to it."""
        both, apart = self.n + n, mean - self.mean
        self.squares += squares + apart**2 * (self.n * n / both)
        self.mean, self.n = self.mean + apart * (n / both), both

    def add_zeros(self, n: int) -> None:
        """Take in n rows of zeros."""
        if n:
            nothing = np.zeros_like(self.mean)
            self.merge(n, nothing, nothing)
            self.low, self.high = np.minimum(self.low, nothing), np.maximum(self.high, nothing)
            self.zeros += n

    def columns(self) -> list[Values]:
        """Return what each column is like."""
        deviation = np.sqrt(self.squares / max(1, self.n))
        share = self.zeros / max(1, self.n)
        fields = (self.low, self.high, self.mean, deviation, share)
        return [Values(*row) for row in np.stack(fields, 1).tolist()]

    def all(self) -> Values:
        """Return what the values of all columns together are like."""
        together = Moments(1)
        for place in range(len(self.mean)):
            one = slice(place, place + 1)
            together.merge(self.n, self.mean[one], self.squares[one])
        together.low, together.high = self.low.min(keepdims=True), self.high.max(keepdims=True)
        together.zeros = self.zeros.sum(keepdims=True)
        return together.columns()[0]


def values_of(x: Packed) -> tuple[Values, list[Values] | None, Histogram]:
    """Return what the values of a part are like, of its columns if it is a table, and where.

    Args:
        x: with at least one value.
    """
    if isinstance(x, StoredCsr):
        return _sparse(x), None, lengths(x)
    if x.dtype == np.uint8:
        counts = _byte_counts(x)
        return _from_counts(counts), None, _of_bytes(counts)
    return _dense(x)


def _dense(x: Stored) -> tuple[Values, list[Values] | None, Histogram]:
    width = prod(x.shape[1:])
    moments, kept, start = Moments(width), list[np.ndarray](), 0
    stride = max(1, -(-len(x) * width // _SAMPLED))
    for block in x.blocks():
        rows = block.reshape(len(block), -1)
        moments.add(rows)
        kept.append(rows[-start % stride :: stride])
        start += len(rows)
    note = "" if stride == 1 else f"from one example in {stride:,}, evenly spaced"
    columns = moments.columns() if len(x.shape) == 2 else None
    return moments.all(), columns, _histogram(np.concatenate(kept), note)


def _byte_counts(x: Stored) -> np.ndarray:
    """Count how often each of the 256 values occurs."""
    counts = np.zeros(_BYTES, np.int64)
    for block in x.blocks():
        # bincount makes a copy of 8 bytes a value: pieces keep that small.
        for start in range(0, block.size, _PIECE):
            counts += np.bincount(block.reshape(-1)[start : start + _PIECE], minlength=_BYTES)
    return counts


def _from_counts(counts: np.ndarray) -> Values:
    value, n = np.arange(_BYTES), int(counts.sum())
    mean = float(counts @ value) / n
    deviation = float(np.sqrt(counts @ (value - mean) ** 2 / n))
    there = np.flatnonzero(counts)
    return Values(float(there[0]), float(there[-1]), mean, deviation, float(counts[0]) / n)


def _of_bytes(counts: np.ndarray) -> Histogram:
    bins = counts.reshape(64, -1).sum(1)
    return Histogram("values", np.linspace(0, _BYTES, 65).tolist(), bins.tolist())


def _sparse(x: StoredCsr) -> Values:
    moments = Moments(1)
    for start in range(0, len(x.data), _PIECE):
        moments.add(x.data[start : start + _PIECE][:, None])
    moments.add_zeros(prod(x.shape) - len(x.data))
    return moments.all()


def lengths(x: StoredCsr) -> Histogram:
    """Return how many terms documents have."""
    terms = np.diff(x.indptr[:])
    top = int(np.quantile(terms, 0.995))
    step = max(1, -(-(top + 1) // _BINS))
    edges = np.arange(0, top + step + 1, step, dtype=np.float64)
    counts, _ = np.histogram(terms, edges)
    outside = int((terms > edges[-1]).sum())
    return Histogram("different terms in a document", edges.tolist(), counts.tolist(), outside)


def _histogram(sample: np.ndarray, note: str) -> Histogram:
    values = sample[np.isfinite(sample)].astype(np.float64)
    low, high = _range(values)
    counts, edges = np.histogram(values, _BINS, (low, high))
    outside = int(((values < low) | (values > high)).sum())
    return Histogram("values", edges.tolist(), counts.tolist(), outside, note)


def _range(values: np.ndarray) -> tuple[float, float]:
    """Return where most values lie: a few that lie far out would squeeze all others together."""
    if not values.size:
        return 0.0, 1.0
    low, inner_low, inner_high, high = np.quantile(values, (0, 0.005, 0.995, 1)).tolist()
    if inner_high > inner_low and high - low > _HEAVY * (inner_high - inner_low):
        return inner_low, inner_high
    return low, high


def spread(n: int, most: int) -> list[int]:
    """Return up to `most` of the rows 0..n-1, evenly spaced, the first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64)).tolist()
