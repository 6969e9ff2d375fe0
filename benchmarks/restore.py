"""Restoring whole pictures of published sets: python benchmarks/restore.py [NAME ...].

Trains the experiments, or takes finished runs of them, and measures them on sets that nothing was
trained on, picture by picture, with what the picture is without them beside: the noisy, grey or
bicubically enlarged one. With `pip install bm3d` there is BM3D on the same noisy pictures too,
which takes some seconds a picture. `--set OVERRIDE` changes a run, such as `--set epochs=5`. Runs
are kept in runs/.
"""

import argparse
import importlib
import importlib.util
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from benchmark import Row, report
from sets import run
from torch import Tensor

from narrows.config import run_name
from narrows.evaluation import load_run
from narrows.files import read_json
from narrows.imaging.resize import enlarge
from narrows.restoring import cases
from narrows.restoring.measure import Pair, Protocol, Restore, means, measure
from narrows.restoring.whole import restorer
from narrows.runs import METRICS, RUNS

_SIGMA = 25 / 255


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


CASES: dict[str, Case] = {
    "denoiser": Case(
        "BSD100 grey, sigma 25, noise not clipped",
        partial(cases.denoising, "bsd100", _SIGMA),
        Protocol(),
        denoisers(),
        {"psnr": ">= 28.6 and above BM3D", "ssim": ""},
    ),
    "upscaler2": upscaled(2, ">= 37.0"),
    "upscaler3": upscaled(3, ">= 33.0"),
    "colourizer": Case(
        "BSD100 from grey",
        partial(cases.colourization, "bsd100"),
        Protocol(),
        {"grey": same},
        {"psnr_ab": "above grey", "delta_e": "below grey", "colourfulness": ""},
    ),
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
    case = CASES[name]
    config, _, seconds = run([f"experiment={name}", *overrides])
    folder = RUNS / run_name(config)
    module = load_run(folder).module
    pairs = case.pairs()
    scores = means(measure(restorer(module), pairs, case.protocol))
    beside = {k: means(measure(f, pairs, case.protocol)) for k, f in case.plain.items()}
    rows = [
        Row(
            f"{name}, {case.where}, {measured.replace('_', ' ')}",
            round(scores[measured], 4),
            _UNITS.get(measured, ""),
            "; ".join(f"{other}: {theirs[measured]:.4f}" for other, theirs in beside.items()),
            aim,
        )
        for measured, aim in case.aims.items()
    ]
    command = " ".join(["narrows train", f"experiment={name}", *overrides])
    weights = read_json(folder / METRICS)["weights"]
    return [
        *rows,
        Row(f"{name}, weights", weights, "", command, ""),
        Row(f"{name}, training", round(seconds), "s", command, "<= 3600"),
    ]


if __name__ == "__main__":
    main()
