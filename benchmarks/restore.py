"""Restoring whole pictures of published sets: python benchmarks/restore.py [NAME ...].

Trains the experiments, or takes finished runs of them, and measures them on sets that nothing was
trained on, picture by picture, with what the picture is without them beside: the noisy, grey or
bicubically enlarged one, or one in the mean colour of the examples. Differences to these are means
over the pictures with their 95 % intervals. With `pip install bm3d` there is BM3D on the same noisy
pictures too, which takes some seconds a picture. `--set OVERRIDE` changes a run, such as `--set
epochs=5`. Runs are kept in runs/.
"""

import argparse
import importlib
import importlib.util
from collections.abc import Callable
from functools import partial
from statistics import fmean
from typing import NamedTuple

import torch
from benchmark import Row, report
from sets import run
from torch import Tensor

from narrows.config import Config, compose_config, run_name
from narrows.evaluation import load_run
from narrows.files import read_json
from narrows.imaging.lab import to_lab, to_rgb
from narrows.imaging.resize import enlarge
from narrows.loading import PackedDataset
from narrows.preparing import prepare_node
from narrows.restoring import cases
from narrows.restoring.measure import Pair, Protocol, Restore, means, measure
from narrows.restoring.whole import restorer
from narrows.runs import METRICS, RUNS
from narrows.study.intervals import estimate
from narrows.tasks.colourization import Colourization, grey_of

_SIGMA = 25 / 255
# The mean chroma in CIE Lab below which an image counts as grey.
_COLOUR = 1.0


class Case(NamedTuple):
    """What an experiment is measured on.

    Attributes:
        where: the set and the protocol, in words.
        pairs: makes the pictures.
        protocol: of the measurement.
        plain: what is done without a network, by name.
        aims: of the measures that are reported, by name; "" for none.
    """

    where: str
    pairs: Callable[[], list[Pair]]
    protocol: Protocol
    plain: dict[str, Restore]
    aims: dict[str, str]


def same(given: Tensor) -> Tensor:
    """Return the picture as it is given."""
    return given


def bm3d(given: Tensor) -> Tensor:
    """Return a picture, (1, 1, H, W), denoised by BM3D (Dabov et al. 2007) with the true σ."""
    denoise = importlib.import_module("bm3d").bm3d
    return torch.from_numpy(denoise(given[0, 0].double().numpy(), _SIGMA))[None, None].float()


def denoisers() -> dict[str, Restore]:
    """Return what denoises without training here, as far as it is installed."""
    there = importlib.util.find_spec("bm3d") is not None
    return {"noisy": same} | ({"BM3D": bm3d} if there else {})


def upscaled(scale: int, aim: str) -> Case:
    """Return the case of Set5, with the reduced pictures that were published with it."""
    return Case(
        f"Set5 x{scale}, Y, border {scale}",
        partial(cases.super_resolution, "set5", scale),
        Protocol(border=scale, luma=True),
        {"bicubic": partial(enlarge, factor=scale)},
        {"psnr": aim, "ssim": ""},
    )


def coloured_small() -> list[Pair]:
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


def from_grey(where: str, pairs: Callable[[], list[Pair]]) -> Case:
    """Return a case of colouring."""
    aims = {"psnr_ab": "above both", "delta_e": "below both", "colourfulness": ""}
    return Case(f"{where} from grey", pairs, Protocol(), {"grey": same}, aims)


def mean_colour(config: Config) -> Restore:
    """Return what gives every pixel the mean a* and b* of the training part."""
    data = PackedDataset.open(prepare_node(config["dataset"]), "train")
    total = sum(to_lab(batch.x)[:, 1:].mean((2, 3)).sum(0) for batch in data.batches())
    mean = (torch.as_tensor(total) / len(data))[:, None, None]

    def restore(given: Tensor) -> Tensor:
        lightness = to_lab(given)[:, :1]
        colours = mean.expand(len(given), 2, *given.shape[2:])
        return to_rgb(torch.cat([lightness, colours], 1))

    return restore


CASES: dict[str, list[Case]] = {
    "denoiser": [
        Case(
            "BSD100 grey, sigma 25, noise not clipped",
            partial(cases.denoising, "bsd100", _SIGMA),
            Protocol(),
            denoisers(),
            {"psnr": ">= 28.6 and above BM3D", "ssim": ""},
        )
    ],
    "upscaler2": [upscaled(2, ">= 37.0")],
    "upscaler3": [upscaled(3, ">= 33.0")],
    "colourizer": [
        from_grey("BSD100", partial(cases.colourization, "bsd100")),
        from_grey("CIFAR-10, every tenth test image,", coloured_small),
    ],
}
_UNITS = {"psnr": "dB", "psnr_ab": "dB", "delta_e": "CIEDE2000"}


def main() -> None:
    """Train, measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiments", nargs="*", default=list(CASES))
    parser.add_argument("--set", nargs="*", default=[], help="overrides of the runs")
    given = parser.parse_args()
    report("restore", [row for name in given.experiments for row in rows_of(name, given.set)])


def rows_of(name: str, overrides: list[str]) -> list[Row]:
    """Return the rows of one experiment."""
    config, _, seconds = run([f"experiment={name}", *overrides])
    folder = RUNS / run_name(config)
    module = load_run(folder).module
    colours = isinstance(module.task, Colourization)
    more = {"mean colour": mean_colour(config)} if colours else {}
    rows = [
        row
        for case in CASES[name]
        for row in measured(name, case._replace(plain=case.plain | more), restorer(module))
    ]
    command = " ".join(["narrows train", f"experiment={name}", *overrides])
    weights = read_json(folder / METRICS)["weights"]
    return [
        *rows,
        Row(f"{name}, weights", weights, "", command, ""),
        Row(f"{name}, training", round(seconds), "s", command, "<= 3600"),
    ]


def measured(name: str, case: Case, restore: Restore) -> list[Row]:
    """Return a row for each measure of a case that is reported."""
    pairs = case.pairs()
    ours = measure(restore, pairs, case.protocol)
    beside = {k: measure(plain, pairs, case.protocol) for k, plain in case.plain.items()}
    return [
        Row(
            f"{name}, {case.where}, {what.replace('_', ' ')}",
            round(means(ours)[what], 4),
            _UNITS.get(what, ""),
            "; ".join(compared(k, ours[what], theirs[what]) for k, theirs in beside.items()),
            aim,
        )
        for what, aim in case.aims.items()
    ]


def compared(name: str, ours: list[float], theirs: list[float]) -> str:
    """Return the mean of another method, and the mean difference to it with its interval."""
    difference = estimate([a - b for a, b in zip(ours, theirs, strict=True)])
    interval = f"{difference.low:+.4f} to {difference.high:+.4f}"
    return f"{name}: {fmean(theirs):.4f}, difference {difference.mean:+.4f} ({interval})"


if __name__ == "__main__":
    main()
