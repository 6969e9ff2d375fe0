"""A trained run that makes new examples: `Generator.of("runs/…").draw("mixture", 100)`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from narrows import runs
from narrows.encoding.codes import check_gives_back, codes_of, decoded
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.generating.mixture import Mixture
from narrows.generating.options import NEAR, WAYS, Way
from narrows.generating.ways import Draw, Neighbours, gaussian, interpolate, noise, normal
from narrows.loading import PackedDataset, evaluation_batch
from narrows.new_examples import data_of
from narrows.progress import Display
from narrows.randomness import derive


class Generator:
    """Draws codes in several ways, and decodes them.

    Args:
        folder: of the run.
        data: folder of its prepared data.
        ways: that codes will be drawn in.
        neighbours: nearest training codes that interpolation and noise look at.
        seed: of what is drawn.

    Attributes:
        module: of the run.
        folder: of the run.
        data: of the prepared data.
        codes: of the training examples, (n, m) float32.
        mixture: the density that was fitted; None if it was not asked for.

    Raises:
        UserError: if the run gives no examples back, or has too few.
    """

    def __init__(
        self, folder: Path, data: Path, ways: tuple[Way, ...], neighbours: int, seed: int
    ) -> None:
        self.module, self.folder, self.data = load_run(folder).module.eval(), folder, data
        check_gives_back(self.module, folder)
        self._seed = seed
        train, val = (PackedDataset.open(data, part) for part in ("train", "val"))
        if len(train) <= neighbours:
            raise UserError(
                f"neighbours={neighbours} takes more training examples than {len(train)}; give a "
                "smaller number"
            )
        if "mixture" in ways and not len(val):
            raise UserError(
                "the validation part, which chooses the mixture's size, holds no example; name "
                "another way"
            )
        self.codes = self._encode(train)
        self.mixture: Mixture | None = None
        self._draws = {way: self._way(way, neighbours, val) for way in ways}

    @classmethod
    def of(
        cls, model: str, ways: tuple[Way, ...] = WAYS, neighbours: int = 5, seed: int = 0
    ) -> "Generator":
        """Load a run by its folder or name.

        Raises:
            UserError: if there is none, or it makes no examples.
        """
        folder = runs.find(model, "model")
        return cls(folder, data_of(folder), ways, neighbours, seed)

    def _way(self, way: Way, neighbours: int, val: PackedDataset) -> Draw:
        if way in NEAR:
            near = Neighbours(self.codes, neighbours)
            return interpolate(near) if way == "interpolate" else noise(near)
        codes = self.codes.astype(np.float64)
        if way == "normal":
            return normal(codes.shape[1])
        if way == "gaussian":
            return gaussian(codes)
        seed = derive(self._seed, "mixture") % (1 << 32)
        self.mixture = Mixture(codes, self._encode(val).astype(np.float64), seed)
        return self.mixture

    def _encode(self, part: PackedDataset) -> np.ndarray:
        with Display("encoding", len(part), "examples") as bar:
            return torch.cat(list(codes_of(self.module, part, bar))).numpy()

    def draw(self, way: Way, n: int, number: int = 0) -> Tensor:
        """Return n codes, (n, m), as many times anew as there are numbers."""
        rng = np.random.default_rng(derive(self._seed, "generate", way, number))
        return torch.from_numpy(self._draws[way](n, rng)).float()

    def decode(self, codes: Tensor) -> Iterator[Tensor]:
        """Yield what codes decode to, some at a time, (b, *shape): pixels are cut to [0, 1]."""
        for block in codes.split(evaluation_batch(self.module.spec.shape)):
            x = decoded(self.module, block)
            yield x.clamp(0, 1) if self.module.spec.kind == "image" else x
