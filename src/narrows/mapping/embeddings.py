"""Places on a map for codes of many numbers, by t-SNE and UMAP. Imports no torch."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import numpy as np
from threadpoolctl import threadpool_limits

from narrows.errors import UserError

# What a package is imported as.
PACKAGES = {"tsne": "openTSNE", "umap": "umap"}


def check_package(name: str) -> None:
    """Check that what makes a map is installed.

    Args:
        name: tsne or umap.

    Raises:
        UserError: if it is not.
    """
    try:
        with _alone():
            import_module(PACKAGES[name])
    except ImportError as error:
        raise UserError(
            f"{name}=true needs the package {PACKAGES[name]}; pip install 'narrows[map]', or leave "
            f"it out with {name}=false"
        ) from error


@contextmanager
def _alone() -> Iterator[None]:
    """Have a library compute on one thread, for the same bits each time, and keep it quiet."""
    with threadpool_limits(1), warnings.catch_warnings():
        # Of small data, of points without neighbours, of compiling: nothing a user can mend.
        warnings.simplefilter("ignore")
        yield


def tsne(
    codes: np.ndarray, new: np.ndarray, perplexity: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return places by t-SNE (van der Maaten and Hinton 2008), and of new codes on the same map.

    New ones are placed among the old, which stay where they are (Poličar et al. 2023).

    Args:
        codes: (n, m).
        new: (q, m).
        perplexity: about how many neighbours each has; less where there are few codes.
        seed: of what is random.

    Returns:
        (n, 2) and (q, 2).
    """
    with _alone():
        from openTSNE import TSNE

        fitted = min(perplexity, (len(codes) - 1) // 3)
        # Approximate neighbours would be other ones on another machine.
        model = TSNE(perplexity=fitted, neighbors="exact", n_jobs=1, random_state=seed)
        embedding = model.fit(codes)
        placed = np.array(embedding.transform(new))
        # Read only now: `transform` shifts all old places.
        return np.array(embedding), placed


def umap(
    codes: np.ndarray, new: np.ndarray, neighbours: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return places by UMAP (McInnes et al. 2018), and of new codes on the same map.

    Args:
        codes: (n, m).
        new: (q, m).
        neighbours: of each.
        seed: of what is random.

    Returns:
        (n, 2) and (q, 2).
    """
    with _alone():
        # Tests do without it, since numba is large.
        from umap import UMAP  # pyright: ignore[reportMissingImports]

        model = UMAP(n_neighbors=min(neighbours, len(codes) - 1), random_state=seed, n_jobs=1)
        places = np.asarray(model.fit_transform(codes))
        return places, np.asarray(model.transform(new))
