"""Restoring whole pictures of published sets: python benchmarks/restore.py [NAME ...].

Trains the networks, or takes finished runs of them, and measures them on sets that nothing was
trained on. What other methods make of the same pictures is measured beside them, in the same run:
means over the pictures with 95 % intervals, and the difference of ours to the best other one, taken
picture by picture. `--set OVERRIDE` changes a run, such as `--set epochs=5`; `--pictures N` takes
N pictures of each set alone, evenly spaced. BM3D takes half a minute for a picture on a busy core.
Runs are kept in runs/.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from benchmark import Row, report
from classic import denoisers, library, mean_colours, medians
from sets import run

from narrows.config import Config, compose_config, run_name
from narrows.corruptions.blur import Blur
from narrows.corruptions.jpeg import Jpeg
from narrows.corruptions.salt_and_pepper import SaltAndPepper
from narrows.errors import exit_code
from narrows.evaluation import load_run
from narrows.files import read_json
from narrows.imaging.lab import to_lab
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.preparing import prepare_node
from narrows.report.measures import less_is_better, measure_name
from narrows.restoring import cases
from narrows.restoring.comparing import Compared, compare
from narrows.restoring.measure import Pair, Protocol, Restore
from narrows.restoring.published import CASES, SIGMA, Case, same
from narrows.restoring.whole import restorer
from narrows.runs import METRICS, RUNS
from narrows.study.intervals import Estimate
from narrows.tasks.colourization import Colourization, grey_of

Others = Callable[[Module, Config], dict[str, Restore]]


class Network(NamedTuple):
    """What is trained, and measured against what.

    Attributes:
        words: of `narrows train`.
        case: the pictures.
        others: other methods, by name, beside what the picture is without any.
        aims: of measures, by name; there the network is to be better than all others too.
    """

    words: list[str]
    case: Case
    others: Others
    aims: dict[str, str]


def colours(module: Module, config: Config) -> dict[str, Restore]:
    """Return the mean colour of each lightness, of the examples that the network learned from."""
    assert isinstance(module.task, Colourization)  # noqa: S101
    examples = PackedDataset.open(prepare_node(config["dataset"]), "train")
    return {"mean colour": mean_colours(module.task, examples.batches())}


def upscaled(name: str, aim: str) -> Network:
    """Return an upscaler; bicubic enlargement is what its pictures are without one."""
    return Network([f"experiment={name}"], CASES[name], lambda *_: {}, {"psnr": aim})


def corrupted(
    words: list[str], told: str, how: cases.Corruption, others: Others = lambda *_: {}
) -> Network:
    """Return the denoiser trained on something else than noise."""
    pairs = partial(cases.corrupted, "bsd100", how)
    case = Case(f"BSD100 grey, {told}", pairs, Protocol(), {"as given": same})
    return Network(["experiment=denoiser", *words], case, others, {})


def small() -> list[Pair]:
    """Return every tenth test image of CIFAR-10, grey and in colour, but for those without colour.

    Of an image that is grey itself PSNR is infinite.
    """
    data = prepare_node(compose_config(["experiment=colourizer"])["dataset"])
    pairs = []
    for image in PackedDataset.open(data, "test").x[::10]:
        lab = to_lab(true := image[None].float() / 255)
        if lab[:, 1:].norm(dim=1).mean() >= _COLOUR:
            pairs.append(Pair(grey_of(lab), true))
    return pairs


NETWORKS = {
    "denoiser": Network(
        ["experiment=denoiser"],
        CASES["denoiser"],
        lambda *_: denoisers(SIGMA),
        {"psnr": "≥ 28.6"},
    ),
    "upscaler2": upscaled("upscaler2", "≥ 37.0"),
    "upscaler3": upscaled("upscaler3", "≥ 33.0"),
    "colourizer": Network(
        ["experiment=colourizer"],
        CASES["colourizer"],
        colours,
        {"psnr_ab": "", "delta_e": ""},
    ),
    "colourizer_cifar10": Network(
        ["experiment=colourizer"],
        Case("CIFAR-10, every tenth test image, from grey", small, Protocol(), {"grey": same}),
        colours,
        {"psnr_ab": "", "delta_e": ""},
    ),
    "salt_and_pepper": corrupted(
        ["corruption=salt_and_pepper"],
        "30 % of the pixels black or white",
        SaltAndPepper(0.3),
        lambda *_: medians(),
    ),
    "blur": corrupted(["corruption=blur"], "blurred, σ = 1.5 pixels", Blur(1.5)),
    "jpeg": corrupted(["corruption=jpeg"], "JPEG of quality 20", Jpeg(20)),
}
# The others take an hour more each.
_USUAL = ("denoiser", "upscaler2", "upscaler3", "colourizer", "colourizer_cifar10")
# The mean chroma in CIE Lab below which an image counts as grey.
_COLOUR = 1.0


def main() -> None:
    """Train, measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=_USUAL, help=f"of {', '.join(NETWORKS)}")
    parser.add_argument("--set", nargs="*", default=[], help="overrides of the runs")
    parser.add_argument("--pictures", type=int, default=100, help="of a set, at most")
    given = parser.parse_args()
    # What is missing is told before hours of training.
    for name in ("bm3d", "skimage"):
        library(name)
    rows = [row for name in given.names for row in rows_of(name, given.set, given.pictures)]
    report("restore", rows)


def rows_of(name: str, overrides: list[str], most: int) -> list[Row]:
    """Return the rows of one network."""
    words, case, others, aims = NETWORKS[name]
    config, _, seconds = run([*words, *overrides])
    folder = RUNS / run_name(config)
    module = load_run(folder).module
    methods = case.plain | others(module, config)
    found = compare("network", restorer(module), methods, some(case.pairs(), most), case.protocol)
    command = " ".join(["narrows train", *words, *overrides])
    weights = read_json(folder / METRICS)["weights"]
    return [
        *(row for it in found for row in measured(f"{name}, {case.where}", it, aims)),
        Row(f"{name}, weights", weights, "", command, ""),
        Row(f"{name}, training", round(seconds), "s", command, "≤ 3600"),
    ]


def some(pairs: list[Pair], most: int) -> list[Pair]:
    """Return at most so many pictures, evenly spaced."""
    return pairs[:: -(-len(pairs) // most)]


def measured(where: str, it: Compared, aims: dict[str, str]) -> list[Row]:
    """Return the rows of one measure: each method's, ours first, and the difference."""
    start = f"{where}, {measure_name(it.measure)}"
    rows = [
        Row(f"{start}, {name}", *estimated(e), "" if place else aims.get(it.measure, ""))
        for place, (name, e) in enumerate(it.methods.items())
    ]
    if it.difference is None:
        return rows
    better = "< 0" if less_is_better(it.measure) else "> 0"
    aim = better if it.measure in aims else ""
    return [*rows, Row(f"{start}, network − {it.best}", *estimated(it.difference), aim)]


def estimated(it: Estimate) -> tuple[float, str, str]:
    """Return a mean's value, unit and interval; the unit is in the measure's name."""
    return round(it.mean, 4), "", f"95 % {it.low:.4f} to {it.high:.4f}, {it.seeds} pictures"


if __name__ == "__main__":
    sys.exit(exit_code(main))
