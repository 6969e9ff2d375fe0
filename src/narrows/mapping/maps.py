"""Maps of one run's codes: places of old and new examples, and what they decode to."""

from typing import NamedTuple

import numpy as np
import torch

from narrows.components import components_of
from narrows.encoders.pca import Encoder
from narrows.encoding.codes import decoded, gives_back
from narrows.loading import PackedDataset
from narrows.mapping.embeddings import tsne, umap
from narrows.mapping.options import Options
from narrows.mapping.points import Points
from narrows.module import Module


class Codes(NamedTuple):
    """Codes of old and of new examples; a map if they are two numbers.

    Attributes:
        name: how they were made.
        old: (n, m), of training examples.
        new: (q, m).
        sse: squared error of what the new ones decode to, summed over the values of an example,
            mean over examples; None where they are not decoded.
    """

    name: str
    old: np.ndarray
    new: np.ndarray
    sse: float | None = None

    @property
    def is_map(self) -> bool:
        """Tell whether they can be drawn."""
        return self.old.shape[1] == 2


def make_codes(
    module: Module, train: PackedDataset, old: Points, new: Points, options: Options
) -> list[Codes]:
    """Return the run's codes, principal components of inputs, and maps of larger codes.

    There are as many principal components as a code has numbers; of larger codes two beside that.

    Args:
        module: of the run.
        train: the training part; components are those of all of it, as the run learned from it.
        old: some of its examples.
        new: others.
        options: of the maps.
    """
    size = old.z.shape[1]
    encoder, _ = components_of(train, module.spec, size)
    made = [_own(module, old, new), _components(encoder, old, new, size)]
    if size == 2:
        return made
    if options.tsne:
        made.append(Codes("t-SNE", *tsne(old.z, new.z, options.perplexity, options.seed)))
    if options.umap:
        made.append(Codes("UMAP", *umap(old.z, new.z, options.neighbours, options.seed)))
    return [*made, _components(encoder, old, new, 2)]


def _own(module: Module, old: Points, new: Points) -> Codes:
    sse = None
    if gives_back(module):
        restored = decoded(module, torch.from_numpy(new.z).float()).flatten(1).numpy()
        sse = _squared_error(restored, new.x)
    return Codes(f"code, {old.z.shape[1]} numbers", old.z, new.z, sse)


def _squared_error(restored: np.ndarray, x: np.ndarray) -> float:
    return float(np.square(restored - x, dtype=np.float64).sum(1).mean())


def _components(encoder: Encoder, old: Points, new: Points, size: int) -> Codes:
    weight, mean = encoder.weight[:size].double().numpy(), encoder.mean.double().numpy()
    z, z_new = ((points.x - mean) @ weight.T for points in (old, new))
    sse = _squared_error(z_new @ weight + mean, new.x)
    return Codes(f"PCA, {len(weight)} numbers", z, z_new, sse)
