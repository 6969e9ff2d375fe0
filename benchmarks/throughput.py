"""Restoring large pictures against the network's own forward pass: python benchmarks/throughput.py.

`Restorer.restore` goes through a picture tile by tile; beside it stands the plain forward pass of
the same network on the same whole picture, as floats that are there already. Each measurement has a
process of its own, forked from one that has imported all, and the two take turns. Both have one
thread, and times are of the processor, so that other work on the machine shows less. Weights are
random: speed does not depend on them. Of networks that take much memory the whole of a large
picture is left out. Then channels-last and torch.compile, each on and off, on one megapixel.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import torch
from benchmark import Row, paired, peak_memory, ratio_row, report
from torch import Tensor

from narrows.build import build, prune, spec_of
from narrows.config import compose_config
from narrows.module import Module
from narrows.restoring.photos import Photo
from narrows.restoring.restorer import MEMORY, Restorer

SIZES = (0.1, 1.0, 4.0, 12.0, 24.0)
# Up to how many megapixels the whole picture is put through each network at once. The colourizer
# sees large pictures small, so that its pass over a whole one is other work.
WHOLE = {"denoiser": 24.0, "upscaler2": 4.0, "colourizer": 0.0}
_FORK = multiprocessing.get_context("fork")


class Measured(NamedTuple):
    """What one process took: seconds of the processor, and its largest memory in MB."""

    seconds: float
    memory: float


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=list(WHOLE), choices=WHOLE)
    parser.add_argument("--sizes", nargs="+", type=float, default=SIZES, help="in megapixels")
    parser.add_argument("--pairs", type=int, default=3, help="of measurements")
    parser.add_argument("--without-options", action="store_true", help="sizes alone")
    given = parser.parse_args()
    rows = [r for n in given.networks for s in given.sizes for r in rows_of(n, s, given.pairs)]
    if not given.without_options:
        for name in given.networks:
            rows += in_process(options_rows, name, 2 * given.pairs + 1)
    report("throughput", rows)


def rows_of(name: str, size: float, pairs: int) -> list[Row]:
    """Return the rows of one network and size."""
    sides = {"restore": tiled, "whole": whole}
    if size > WHOLE[name]:
        del sides["whole"]
    found: dict[str, list[Measured]] = {side: [] for side in sides}
    for number in range(pairs):
        # Who goes first alternates, so that a drift of the machine favours neither.
        for side in list(sides) if number % 2 == 0 else reversed(sides):
            found[side].append(in_process(sides[side], name, size))
    speed = {side: size / median(m.seconds for m in found[side]) for side in sides}
    memory = {side: median(m.memory for m in found[side]) for side in sides}
    beside, ratio, more = "", [], ""
    if "whole" in sides:
        quotients = [w.seconds / r.seconds for r, w in zip(*found.values(), strict=True)]
        beside = f"the whole at once: {speed['whole']:.3f}"
        more = f"the whole at once: {memory['whole']:.0f}"
        told = f"restore against the whole at once; {min(quotients):.2f} to {max(quotients):.2f}"
        value = round(median(quotients), 3)
        ratio = [Row(f"{name}, {size:g} megapixels, speed", value, "ratio", told, "≥ 0.9")]
    start = f"{name}, {size:g} megapixels"
    return [
        Row(start, round(speed["restore"], 3), "megapixels/s", beside, ""),
        *ratio,
        Row(f"{start}, peak memory", round(memory["restore"]), "MB", more, ""),
    ]


def in_process(work: Callable[..., Any], *given: Any) -> Any:
    """Do some work in a process of its own and return its result."""
    ours, its = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_send, args=(its, work, given))
    process.start()
    its.close()
    result = ours.recv()
    process.join()
    return result


def _send(to: Connection, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    to.send(work(*given))


def network(name: str) -> Module:
    """Return an experiment's network with random weights."""
    config = prune(compose_config([f"experiment={name}", "tracker=none"]))
    return build(config, spec_of(config)).module.eval()


def photo(size: float, channels: int) -> Photo:
    """Return a picture of so many megapixels, 4 : 3."""
    height, width = (round((size * 1e6 * ratio) ** 0.5) for ratio in (3 / 4, 4 / 3))
    pixels = np.random.default_rng(0).integers(0, 256, (channels, height, width), np.uint8)
    return Photo(pixels.astype(np.uint8))


def tiled(name: str, size: float) -> Measured:
    """Measure `Restorer.restore`."""
    module = network(name)
    restorer, given = Restorer(module), photo(size, module.spec.shape[0])
    return measured(lambda: restorer.restore(given, MEMORY))


def whole(name: str, size: float) -> Measured:
    """Measure the forward pass of a whole picture."""
    module = network(name)
    x = floats(photo(size, module.spec.shape[0]), module)
    return measured(lambda: forward(module, x))


def floats(given: Photo, module: Module) -> Tensor:
    """Return a picture as the network takes it, (1, C, H, W), of sizes that it can divide."""
    multiple = module.encoder.multiple
    assert isinstance(multiple, int)  # noqa: S101
    height, width = (n - n % multiple for n in given.pixels.shape[1:])
    return torch.from_numpy(given.pixels[None, :, :height, :width].astype(np.float32) / 255)


@torch.inference_mode()
def forward(module: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return decoder(encoder(x)), with nothing else around it."""
    return module(x)


def measured(work: Callable[[], object]) -> Measured:
    """Do the work once and return what it took."""
    return Measured(seconds(work), peak_memory())


def seconds(work: Callable[[], object]) -> float:
    """Do the work once and return the seconds of the processor."""
    started = time.process_time()
    work()
    return time.process_time() - started


def options_rows(name: str, pairs: int) -> list[Row]:
    """Return the rows of channels-last and torch.compile for one network."""
    module = network(name)
    x = floats(photo(1.0, module.spec.shape[0]), module)

    def usual() -> float:
        return seconds(lambda: forward(module, x))

    def channels_first() -> float:
        # Encoders ask for channels-last by this name.
        with patch.object(torch, "channels_last", torch.contiguous_format):
            return usual()

    start, aim = f"{name}, 1 megapixel", "< 1 to be worth it"
    rows = [
        ratio_row(
            f"{start}, values channels-last (on)",
            paired(usual, channels_first, pairs),
            "off",
            aim,
        )
    ]
    other = network(name).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    timing = paired(lambda: seconds(lambda: forward(other, x)), usual, pairs)
    rows.append(ratio_row(f"{start}, weights channels-last too (off)", timing, "off", aim))
    compiled = torch.compile(module)
    first = seconds(lambda: forward(compiled, x))
    timing = paired(lambda: seconds(lambda: forward(compiled, x)), usual, pairs)
    told = f"off; {first:.0f} s for the first picture of a size"
    return [*rows, ratio_row(f"{start}, torch.compile (off)", timing, told, aim)]


if __name__ == "__main__":
    main()
