"""How alike two images are once they are aligned: whether they show the same photograph.

Edges are compared, not brightness: unrelated photographs have bright skies in common, but no edges.
Strong edges count little more than faint ones, so that a frame around two pictures does not make
them alike.
"""

import numpy as np

from narrows.duplicates.products import product

_SIDE = 64
_STEPS, _LIMIT = 4, 0.2
# A pair is given up before a step if 1 - its correlation is more than hope + patience * (1 - what
# it has to be).
_HOPE, _PATIENCE = (0.28, 0.15, 0.1, 0.05, 0.02), (2.5, 2.5, 2, 2, 1.5)
# So many pixels of each are worked on at once: what is made of them stays near the processor.
_AT_ONCE = 1 << 17
# In grey levels, what noise makes of a smooth surface.
_FAINT = 2.0


def shrinking(n: int, side: int) -> np.ndarray:
    """Return the (side, n) matrix that averages n pixels to `side`."""
    ends = np.linspace(0, n, side + 1)
    pixel = np.arange(n)
    inside = np.minimum(ends[1:, None], pixel + 1) - np.maximum(ends[:-1, None], pixel)
    return (np.clip(inside, 0, None) * (side / n)).astype(np.float32)


def to_size(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return images (n, H, W) averaged to (n, height, width), float32."""
    n, rows, columns = images.shape
    if columns != width:
        images = product(images.reshape(-1, columns), shrinking(columns, width).T)
    images = images.reshape(n, rows, width)
    return shrinking(rows, height) @ images if rows != height else images


def grey(images: np.ndarray) -> np.ndarray:
    """Return (n, H, W) float32, the mean of the channels of (n, C, H, W)."""
    total = images[:, 0].astype(np.float32)
    for channel in range(1, images.shape[1]):
        total += images[:, channel]
    return total / images.shape[1]


def outlines(images: np.ndarray) -> np.ndarray:
    """Return images (n, C, H, W) grey, smooth and at most 64 x 64, for `likeness`."""
    height, width = (min(side, _SIDE) for side in images.shape[2:])
    return _smooth(to_size(grey(images), height, width))


def likeness(a: np.ndarray, b: np.ndarray, at_least: float = -1.0) -> np.ndarray:
    """Return the correlation of the edges of pairs of outlines, (n, h, w), at their best fit.

    The fit allows a shift, a change of size in each direction, of brightness and of contrast.

    Args:
        a: outlines.
        b: their partners.
        at_least: of interest; pairs that are far from it are not fitted any further.

    Returns:
        (n,) float32; 1 for the same image, about 0 for unrelated ones.
    """
    step = max(1, _AT_ONCE // a[0].size) if len(a) else 1
    starts = range(0, len(a), step)
    found = [_likeness(a[i : i + step], b[i : i + step], at_least) for i in starts]
    return np.concatenate([np.zeros(0, np.float32), *found])


def _likeness(a: np.ndarray, b: np.ndarray, at_least: float) -> np.ndarray:
    best, fit = _best_shift(a, b)
    going, pairs = np.arange(len(a)), _Pairs(a, b, fit)
    for step in range(_STEPS + 1):
        hopeful = 1 - best[going] <= _HOPE[step] + _PATIENCE[step] * (1 - at_least)
        if not hopeful.all():
            going = going[hopeful]
            pairs.keep(hopeful)
        if not len(going):
            break
        if step:
            pairs.fit_better()
        found = pairs.correlation()
        best[going] = np.maximum(best[going], found) if step else found
    return best


class _Pairs:
    """Pairs of outlines that are being fitted to each other.

    Args:
        a: outlines (n, h, w).
        b: their partners.
        fit: (n, 4) that `_moved` moves b by.
    """

    def __init__(self, a: np.ndarray, b: np.ndarray, fit: np.ndarray) -> None:
        self.a, self.b, self.fit, self.edges = a, b, fit, _edges(a)
        self.moved, self.seen = _moved(b, fit)

    def keep(self, which: np.ndarray) -> None:
        """Go on with some pairs, (n,) bool."""
        self.a, self.b, self.fit, self.edges, self.moved, self.seen = (
            values[which]
            for values in (self.a, self.b, self.fit, self.edges, self.moved, self.seen)
        )

    def fit_better(self) -> None:
        """Take a step towards the best fit."""
        change = _towards(self.a, self.moved, self.seen)
        self.fit = np.clip(self.fit + change, -_LIMIT, _LIMIT)
        self.moved, self.seen = _moved(self.b, self.fit)

    def correlation(self) -> np.ndarray:
        """Return the correlation of the edges, (n,)."""
        return _correlation(self.edges, _edges(self.moved), self.seen)


def detail(images: np.ndarray) -> np.ndarray:
    """Return how much of each outline (n, h, w) has edges, (n,), 0 to 1.

    Photographs have 0.1 to 0.4, a few strokes less.
    """
    edges = _edges(images)
    return (edges * edges).sum(1).mean((1, 2))


def colour_likeness(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the correlation of all values of pairs of images (n, C, H, W), coarsely, (n,)."""
    x, y = (_coarse(images) for images in (a, b))
    return (x * y).sum(1) / np.sqrt(np.maximum((x * x).sum(1) * (y * y).sum(1), 1e-6))


def _coarse(images: np.ndarray) -> np.ndarray:
    n, channels, height, width = images.shape
    flat = images.reshape(n * channels, height, width).astype(np.float32)
    small = to_size(flat, min(height, 8), min(width, 8)).reshape(n, -1)
    return small - small.mean(1, keepdims=True)


def _smooth(images: np.ndarray) -> np.ndarray:
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), "edge")
    rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    return (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 16


def _edges(images: np.ndarray) -> np.ndarray:
    """Return the differences down and to the right, (n, 2, h - 1, w - 1), strong ones reduced."""
    n, height, width = images.shape
    edges = np.empty((n, 2, height - 1, width - 1), images.dtype)
    corner = images[:, :-1, :-1]
    np.subtract(images[:, 1:, :-1], corner, out=edges[:, 0])
    np.subtract(images[:, :-1, 1:], corner, out=edges[:, 1])
    strength = np.square(edges).sum(1)
    strength += strength.mean((1, 2), keepdims=True) + _FAINT**2
    edges /= np.sqrt(strength, out=strength)[:, None]
    return edges


def _correlation(a: np.ndarray, b: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the cosine of edges (n, 2, h - 1, w - 1) where they are seen, (n, h, w)."""
    seen = (seen[:, 1:, 1:] & seen[:, :-1, :-1])[:, None]
    a, b = (np.ascontiguousarray(e * seen).reshape(len(e), -1) for e in (a, b))
    return _cosine(a, b)


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = np.einsum("nd,nd->n", a, a) * np.einsum("nd,nd->n", b, b)
    return np.einsum("nd,nd->n", a, b) / np.sqrt(np.maximum(squares, 1e-6))


def _best_shift(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the best correlation of images at half size, (n,), and the fit, (n, 4).

    The fit is the best shift by whole pixels of the half size, at most one.
    """
    height, width = (max(3, side // 2) for side in a.shape[1:])
    x, y = (_edges(to_size(images, height, width)) for images in (a, b))
    best, fit = np.full(len(a), -2.0, np.float32), np.zeros((len(a), 4), np.float32)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            ours, theirs = (_cut(e, s * down, s * right) for e, s in ((x, 1), (y, -1)))
            found = _cosine(ours, theirs)
            better = found > best
            best[better] = found[better]
            fit[better, :2] = [-2 * down / (height - 1), -2 * right / (width - 1)]
    return best, fit


def _cut(edges: np.ndarray, down: int, right: int) -> np.ndarray:
    """Return edges (n, 2, h, w) without what a shift moves out, (n, …)."""
    _, _, height, width = edges.shape
    rows = slice(max(0, down), height + min(0, down))
    columns = slice(max(0, right), width + min(0, right))
    return edges[:, :, rows, columns].reshape(len(edges), -1)


def _moved(b: np.ndarray, fit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return images shifted and resized, and which of their pixels come from inside.

    Args:
        b: (n, h, w).
        fit: (n, 4) shift down and right, growth down and right, in halves of a side.
    """
    rows, rows_seen = _sampling(b.shape[1], fit[:, 0], fit[:, 2])
    columns, columns_seen = _sampling(b.shape[2], fit[:, 1], fit[:, 3])
    return rows @ b @ columns.transpose(0, 2, 1), rows_seen[:, :, None] & columns_seen[:, None]


def _sampling(n: int, shift: np.ndarray, growth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return matrices, (pairs, n, n), that interpolate n pixels, and which places are inside."""
    place = _places(n) * (1 + growth[:, None]) + shift[:, None]
    pixel = (place + 1) * (n - 1) / 2
    weights = 1 - np.abs(pixel[..., None] - np.arange(n, dtype=np.float32))
    # A little beyond the edge is rounding alone.
    return np.maximum(weights, 0), (pixel > -1e-3) & (pixel < n - 1 + 1e-3)


def _places(n: int) -> np.ndarray:
    return np.linspace(-1, 1, n, dtype=np.float32)


def _towards(a: np.ndarray, b: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return a change of fit (n, 4) that brings b nearer to a: a step of Gauss and Newton.

    a ≈ contrast · (b + its slopes · change) + brightness is solved for each pair.
    """
    n, height, width = a.shape
    terms = np.empty((n, 7, height, width), np.float32)
    down, right, taller, wider, ours, ones, theirs = np.moveaxis(terms, 1, 0)
    np.multiply(np.gradient(b, axis=1), (height - 1) / 2, out=down)
    np.multiply(np.gradient(b, axis=2), (width - 1) / 2, out=right)
    np.multiply(down, _places(height)[:, None], out=taller)
    np.multiply(right, _places(width), out=wider)
    ours[:], ones[:], theirs[:] = b, 1, a
    # Of an array with itself BLAS takes a way that is six times as slow.
    inside = (terms * seen[:, None]).reshape(n, 7, -1)
    products = inside @ terms.reshape(n, 7, -1).transpose(0, 2, 1)
    products, wanted = products[:, :6, :6], products[:, :6, 6:]
    steady = np.einsum("nii->ni", products)[:, :, None] * 1e-3 + 1e-3
    solved = np.linalg.solve(products + np.eye(6, dtype=np.float32) * steady, wanted)[..., 0]
    contrast = np.where(np.abs(solved[:, 4:5]) < 0.2, 0.2, solved[:, 4:5])
    return np.clip(solved[:, :4] / contrast, -0.1, 0.1)
