"""What examples are compared by: principal components of them, or another run's codes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from narrows import runs
from narrows.components import components_of
from narrows.encoding.codes import code_shape
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.loading import PackedDataset
from narrows.spec import Spec
from narrows.tasks.base import Resized

# Examples that are compared have to be several times as many as components: covariances of few
# examples are far apart by chance.
_COMPONENTS, _EXAMPLES_EACH = 50, 5
# A Fréchet distance is of matrices with as many rows and columns; Inception's features are 2048.
_MOST = 2048


@dataclass(frozen=True)
class Features:
    """Numbers that stand for examples, near each other for examples that are alike.

    Attributes:
        told: what they are, in a sentence's part.
        compute: from examples, (b, *shape), to (b, f).
    """

    told: str
    compute: Callable[[Tensor], Tensor]

    @torch.no_grad()
    def of(self, examples: Iterable[Tensor]) -> np.ndarray:
        """Return features, (n, f) float32, of blocks of examples, (b, *shape)."""
        return torch.cat([self.compute(x).flatten(1).cpu() for x in examples]).numpy()


def components(train: PackedDataset, spec: Spec, most: int) -> Features:
    """Return principal components of training examples, `most` at most.

    Args:
        train: the training part.
        spec: of the examples.
        most: components.
    """
    encoder, some = components_of(train, spec, most)
    kept, total = 0.0, 0.0
    with torch.no_grad():
        for batch in some.batches():
            kept += float(encoder(batch.x).double().square().sum())
            total += float((batch.x.flatten(1) - encoder.mean).double().square().sum())
    share = round(100 * kept / total) if total else 100
    n = len(encoder.weight)
    told = f"the first {n} principal components of training examples ({share} % of their variance)"
    return Features(told, encoder)


def codes_by(name: str, spec: Spec) -> Features:
    """Return the codes of another run, which has learned from examples of the same shape.

    Args:
        name: of the run, or its folder.
        spec: of the examples.

    Raises:
        UserError: if there is none, or its encoder does not take these examples.
    """
    folder = runs.find(name, "features")
    module = load_run(folder).module.eval()
    if (module.spec.shape, module.spec.kind) != (spec.shape, spec.kind):
        raise UserError(
            f"features={name} is for examples of shape {module.spec.shape} ({module.spec.kind}), "
            f"and these have {spec.shape} ({spec.kind}); name a run on the same data"
        )
    if isinstance(module.task, Resized):
        raise UserError(f"features={name}: its encoder is for inputs of another shape")
    size = prod(code_shape(module))
    if size > _MOST:
        raise UserError(
            f"features={name} has codes of {size:,} values, and at most {_MOST:,} can be compared; "
            "name a run with a smaller encoder.code_size"
        )
    return Features(f"the {size} values of codes by {folder.name}", module.encode)


def features_of(
    name: str | None, run: Path, train: PackedDataset, spec: Spec, compared: int
) -> Features:
    """Return what examples are compared by.

    Args:
        name: of a run whose encoder makes it, or None for principal components.
        run: folder of the run that makes new examples.
        train: its training part.
        spec: of its examples.
        compared: how many examples are.
    """
    if name is None:
        return components(train, spec, min(_COMPONENTS, max(1, compared // _EXAMPLES_EACH)))
    found = codes_by(name, spec)
    if runs.find(name, "features").resolve() == run.resolve():
        return Features(f"{found.told}, which made them: this is circular", found.compute)
    return found
