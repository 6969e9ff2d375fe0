"""What is measured of a run's codes: how they vary, and how they are associated with labels."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from narrows.encoding.codes import check_no_map, codes_of
from narrows.evaluation import load_run
from narrows.interpreting.association import Association, associate
from narrows.interpreting.dimension import Spectrum, dead_units, spectrum_of
from narrows.interpreting.hidden_layers import HiddenLayer, hidden_layers
from narrows.interpreting.options import Options
from narrows.interpreting.sampling import Sample, read_sample
from narrows.module import Module
from narrows.new_examples import data_of
from narrows.progress import Display


class Analysis(NamedTuple):
    """Of one run, whose codes have m units.

    Attributes:
        module: of the run, ready to be used.
        data: folder of its prepared data.
        train: examples that it was trained on, n of them.
        source: examples that the page shows, s of them.
        train_codes: (n, m).
        codes: of the source's examples, (s, m).
        deviations: standard deviation of each unit over the training examples, (m,).
        spectrum: of the training examples' codes.
        dead: which units hardly vary, (m,) bool.
        hidden: the encoder's hidden layers.
        association: with the source's labels; None if these are not known.
    """

    module: Module
    data: Path
    train: Sample
    source: Sample
    train_codes: np.ndarray
    codes: np.ndarray
    deviations: np.ndarray
    spectrum: Spectrum
    dead: np.ndarray
    hidden: list[HiddenLayer]
    association: Association | None

    @property
    def units(self) -> list[str]:
        """Names of the units."""
        return [f"code_{j}" for j in range(len(self.deviations))]

    @property
    def order(self) -> list[int]:
        """Places of the units, those that vary most first."""
        return np.argsort(-self.deviations, kind="stable").tolist()


def analyse(folder: Path, source: str, options: Options) -> Analysis:
    """Return what is measured of a run's codes.

    Args:
        folder: of the run.
        source: a part of its data, or a file or folder.
        options: of the command.

    Raises:
        UserError: if its codes are maps, or the source cannot be read.
    """
    module = load_run(folder).module.eval()
    check_no_map(module, folder)
    train, shown = (
        read_sample(part, folder, options.examples, options.seed) for part in ("train", source)
    )
    train_codes, codes = _codes(module, train, "training"), _codes(module, shown, source)
    # Less the first one, codes that do not vary are exactly 0, and so are their moments.
    moved = train_codes - train_codes[0]
    deviations = moved.std(0)
    association = None
    if shown.known.any():
        association = associate(codes[shown.known], shown.y[shown.known], options.seed)
    return Analysis(
        module,
        data_of(folder),
        train,
        shown,
        train_codes,
        codes,
        deviations,
        spectrum_of(moved),
        dead_units(deviations, options.dead),
        hidden_layers(module, train, options.dead),
        association,
    )


def _codes(module: Module, sample: Sample, told: str) -> np.ndarray:
    with Display(f"codes of {told} examples", len(sample.data), "examples") as bar:
        return torch.cat(list(codes_of(module, sample.data, bar))).double().numpy()
