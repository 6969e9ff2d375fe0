"""A trained run that tells examples unlike its own: `Detector.of("runs/…", "distance")`."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from narrows import runs
from narrows.encoding.codes import gives_back
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.loading import PackedDataset
from narrows.new_examples import data_of
from narrows.outliers.options import Score
from narrows.outliers.scores import scoring
from narrows.tasks.base import Resized

# Features whose error is least count as if it were this share of the mean of all.
_LEAST_SHARE = 0.01


class Detector:
    """Scores examples, and says which of their values are wrong.

    Attributes:
        module: of the run.
        data: folder of its prepared data.
        reconstructs: whether the run gives examples back, so that their values can be compared.
    """

    def __init__(self, folder: Path, data: Path, score: Score, normalize: bool = True) -> None:
        self.module, self.data = load_run(folder).module.eval(), data
        task = self.module.task
        self.reconstructs = gives_back(self.module)
        if not self.reconstructs and score in ("reconstruction", "combined"):
            raise UserError(
                f"score={score} takes a run that gives examples back, with task=reconstruction or "
                "denoising; choose score=distance or density"
            )
        if isinstance(task, Resized):
            raise UserError(f"model={folder}: its encoder is for inputs of another shape")
        train = PackedDataset.open(data, "train")
        self._unit = torch.ones(1)
        if normalize and self.reconstructs:
            self._unit = self._mean_errors(train)
        self._scoring = scoring(score, *self._seen(train))

    @classmethod
    def of(cls, model: str, score: Score = "reconstruction", normalize: bool = True) -> "Detector":
        """Load a run by its folder or name.

        Raises:
            UserError: if there is none, or it has no such score.
        """
        folder = runs.find(model, "model")
        return cls(folder, data_of(folder), score, normalize)

    def score(self, examples: PackedDataset) -> np.ndarray:
        """Return the scores of examples, (n,)."""
        return self._scoring(*self._seen(examples))

    def compare(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return examples as they are given back, and the error of each of their values.

        Args:
            x: (n, *shape), floats.

        Returns:
            Both as (n, *shape); errors are squared, in units of their means over the training part
            where they are normalized.
        """
        return self._compare(x, self.module.encode(x))

    @torch.no_grad()
    def _compare(self, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        restored = self.module.loss.predict(self.module.decoder(z))
        return restored, (restored - x).square() / self._unit

    def _seen(self, examples: PackedDataset) -> tuple[np.ndarray, np.ndarray]:
        """Return codes, (n, m), and mean errors, (n,), which are 0 where nothing is given back."""
        codes, errors = [], []
        for x, _ in examples.batches():
            z = self.module.encode(x)
            codes.append(z.flatten(1))
            error = self._compare(x, z)[1].flatten(1).mean(1) if self.reconstructs else None
            errors.append(torch.zeros(len(x)) if error is None else error)
        return torch.cat(codes).numpy(), torch.cat(errors).numpy()

    def _mean_errors(self, examples: PackedDataset) -> Tensor:
        """Return each value's mean error, (*shape), not below a share of the mean of them all."""
        total = torch.zeros(self.module.spec.shape, dtype=torch.float64)
        for x, _ in examples.batches():
            total += self.compare(x)[1].double().sum(0)
        mean = total / len(examples)
        least = _LEAST_SHARE * mean.mean()
        # A run that gives everything back without any error has no unit.
        return torch.where(mean > least, mean, least if least > 0 else 1).float()
