"""All ways to draw codes, measured several times, beside what they could be at best."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from narrows.encoding.codes import codes_of
from narrows.generating.features import Features, features_of
from narrows.generating.generator import Generator
from narrows.generating.judge import COPIES, Judge, Measures, Nearest, compared
from narrows.generating.options import Options, Way
from narrows.loading import PackedDataset
from narrows.progress import Display
from narrows.randomness import derive
from narrows.study.intervals import Estimate, estimate

DRAWS = 5
# What ways are compared with, by name.
TRAINING, RECONSTRUCTED = "training", "reconstructed"


@dataclass(frozen=True)
class Row:
    """What samples of one kind are worth.

    Attributes:
        name: of the way that they are drawn in, or of what they are.
        draws: what each draw of them is worth.
    """

    name: str
    draws: list[Measures]

    def estimate(self, measure: str) -> Estimate:
        """Return the mean of a measure over the draws, and its interval."""
        return estimate([getattr(draw, measure) for draw in self.draws])


@dataclass(frozen=True)
class Drawn:
    """The new examples of one way, those of the first draw.

    Attributes:
        codes: (n, m).
        nearest: the training example that each is nearest to.
    """

    codes: Tensor
    nearest: Nearest


@dataclass(frozen=True)
class Found:
    """What came of it.

    Attributes:
        model: name of the run.
        features: what examples are compared by.
        size: samples and test examples that are compared.
        threshold: distance to a training example up to which a sample is called a copy.
        usual: (n,) distances of the test examples to their nearest training examples.
        reconstructed: (n,) those of their reconstructions.
        rows: training examples, reconstructions, and each way.
        drawn: of each way.
        components: of the mixture; None without one.
        likelihoods: of the validation part's codes by mixtures of several sizes.
        kept: share of the codes' variance that the mixture has.
    """

    model: str
    features: str
    size: int
    threshold: float
    usual: np.ndarray
    reconstructed: np.ndarray
    rows: list[Row]
    drawn: dict[Way, Drawn]
    components: int | None
    likelihoods: dict[int, float]
    kept: float | None

    def row(self, name: str) -> Row:
        """Return what is called so."""
        return next(row for row in self.rows if row.name == name)

    def copies(self, way: Way) -> np.ndarray:
        """Return whether each sample of a way is nearer to a training example than is usual."""
        return self.drawn[way].nearest.distances <= self.threshold

    def json(self) -> dict[str, Any]:
        """Return the measures, and what they are of, as JSON."""
        return {
            "model": self.model,
            "features": self.features,
            "compared": self.size,
            "copies_up_to": self.threshold,
            "copies_among_test_examples": COPIES,
            "components": self.components,
            "likelihoods": {str(k): found for k, found in self.likelihoods.items()},
            "variance_kept": self.kept,
            "rows": [
                {"name": row.name, "draws": [draw._asdict() for draw in row.draws]}
                for row in self.rows
            ],
        }


def measure(generator: Generator, options: Options) -> Found:
    """Draw and measure; nothing is chosen by what comes of it.

    Raises:
        UserError: if there are too few test examples, or features cannot be computed.
    """
    train, test = (PackedDataset.open(generator.data, part) for part in ("train", "test"))
    spec = generator.module.spec
    size = compared(len(test), options.number)
    features = features_of(options.features, generator.folder, train, spec, size)
    learned, unseen = (features.of(b.x for b in part.batches()) for part in (train, test))
    judge = Judge(learned, unseen, size, options.seed)
    back = features.of(generator.decode(torch.cat(list(codes_of(generator.module, test)))))
    rows = [
        Row(TRAINING, [judge.measure(_some(learned, judge, d, options), d) for d in range(DRAWS)]),
        Row(RECONSTRUCTED, [judge.measure(back[judge.halves(d)[1]], d) for d in range(DRAWS)]),
    ]
    drawn: dict[Way, Drawn] = {}
    with Display("generating", len(options.ways) * DRAWS, "draws") as bar:
        for way in options.ways:
            measured = list[Measures]()
            for d in range(DRAWS):
                codes, samples = _samples(generator, features, way, options.number, d)
                measured.append(judge.measure(samples, d))
                if d == 0:
                    drawn[way] = Drawn(codes, judge.nearest(samples))
                bar.show(DRAWS * len(drawn) - DRAWS + d + 1)
            rows.append(Row(way, measured))
    mixture = generator.mixture
    return Found(
        model=generator.folder.resolve().name,
        features=features.told,
        size=judge.size,
        threshold=judge.threshold,
        usual=judge.usual.distances,
        reconstructed=judge.nearest(back).distances,
        rows=rows,
        drawn=drawn,
        components=mixture and mixture.components,
        likelihoods=mixture.likelihoods if mixture else {},
        kept=mixture and mixture.whitening.kept,
    )


def _some(learned: np.ndarray, judge: Judge, draw: int, options: Options) -> np.ndarray:
    """Return features of training examples, each once at most."""
    rng = np.random.default_rng(derive(options.seed, "generate", TRAINING, draw))
    return learned[rng.choice(len(learned), min(judge.size, len(learned)), replace=False)]


def _samples(
    generator: Generator, features: Features, way: Way, n: int, draw: int
) -> tuple[Tensor, np.ndarray]:
    """Return codes, (n, m), and features of what they decode to, (n, f)."""
    codes = generator.draw(way, n, draw)
    return codes, features.of(generator.decode(codes))
