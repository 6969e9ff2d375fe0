"""The project's training step path against a bare PyTorch loop: python benchmarks/loop.py.

An autoencoder 784-256-64-16 and back, squared error, the same batches in the same order and the
same fused Adam, one thread. The bare loop takes them from floats in memory, the project from bytes.
Both run in turn in one process; the median of the pairs' ratios is what counts. Each measured epoch
follows one that is not measured. Validation and saved state are apart: they come once an epoch.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

import pytorch_lightning as pl
import torch
from benchmark import Row, paired, peak_memory, ratio_row, report
from torch import nn

from narrows.build import build, make_trainer, prune, spec_of
from narrows.config import Config, compose_config
from narrows.loading import ChunkSampler, PackedData, PackedDataset
from narrows.module import Module
from narrows.quiet import quiet

EXAMPLES, BATCHES, AIM = 32_768, (64, 256), "≤ 1.05"


def main() -> None:
    """Measure training at both batch sizes and the encoder alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--memory-of", choices=("ours", "bare"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    pairs = args.pairs
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (EXAMPLES, 1, 28, 28), dtype=torch.uint8, generator=generator)
    data = PackedDataset(x, torch.zeros(EXAMPLES, 10, dtype=torch.uint8))
    torch.set_num_threads(1)
    if args.memory_of:
        {"ours": ours, "bare": bare}[args.memory_of](data, BATCHES[-1])
        print(peak_memory())
        return
    rows = []
    for size in BATCHES:
        timing = paired(lambda s=size: ours(data, s), lambda s=size: bare(data, s), pairs)
        rows.append(ratio_row(f"training epoch, batch {size}", timing, "bare loop", AIM))
        rate = EXAMPLES / timing[0]
        rows.append(Row(f"training, batch {size}", round(rate), "examples/s", "", ""))
    rows += encoder_rows(data, pairs)
    mine, their = memory_of("ours"), memory_of("bare")
    told = f"bare loop in a process of its own: {their:.0f} MB"
    rows.append(Row("peak memory of training", round(mine), "MB", told, ""))
    report("loop", rows)


def memory_of(side: str) -> float:
    """Return the peak memory, in MB, of a process that trains on one side alone."""
    command = [sys.executable, "-W", "ignore", __file__, "--memory-of", side]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def config_of(batch_size: int) -> Config:
    """Return the run that is measured."""
    words = ["dataset=mnist", "encoder.hidden=[256,64]", "encoder.code_size=16", "trainer=cpu"]
    return prune(compose_config([*words, "decoder.hidden=[64,256]", f"batch_size={batch_size}"]))


class Clock(pl.Callback):
    """Keeps the time of the last epoch."""

    seconds = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start."""
        self.started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop."""
        self.seconds = time.perf_counter() - self.started


def ours(data: PackedDataset, batch_size: int) -> float:
    """Return the seconds of an epoch as the project trains it."""
    config = config_of(batch_size)
    clock = Clock()
    loader = PackedData(data, data.subset(torch.arange(1)), batch_size, None, seed=0)
    with quiet():
        trainer = make_trainer(
            config, max_epochs=2, logger=False, callbacks=[clock], enable_progress_bar=False,
            enable_checkpointing=False, limit_val_batches=0,
        )  # fmt: skip
        trainer.fit(build(config, spec_of(config)).module, loader)
    return clock.seconds


def bare(data: PackedDataset, batch_size: int) -> float:
    """Return the seconds of an epoch of a loop with nothing but PyTorch."""
    config = config_of(batch_size)
    module = build(config, spec_of(config)).module
    model = nn.Sequential(module.encoder, module.decoder)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    x = dense(data)
    sampler = ChunkSampler(len(x), batch_size, None, seed=0)
    seconds = 0.0
    for epoch in range(2):
        sampler.set_epoch(epoch)
        started = time.perf_counter()
        total = torch.zeros(())
        for indices in (i for chunk in sampler for i in chunk):
            batch = x.index_select(0, indices)
            loss = (model(batch) - batch).square().flatten(1).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        seconds = time.perf_counter() - started
    return seconds


def dense(data: PackedDataset) -> torch.Tensor:
    """Return all images as floats, as they would be held in memory."""
    return torch.cat([x for x, _ in data.batches()])


def encoder_rows(data: PackedDataset, pairs: int) -> list[Row]:
    """Return how fast the encoder alone makes codes, against its bare forward pass."""
    config = config_of(64)
    module: Module = build(config, spec_of(config)).module
    x = dense(data)

    def codes() -> None:
        for batch, _ in module.examples(data):
            module.encode(batch)

    def forward() -> None:
        with torch.no_grad():
            for batch in x.split(1024):
                module.encoder(batch)

    timing = paired(timed(codes), timed(forward), pairs)
    rate = EXAMPLES / timing[0]
    return [
        ratio_row("codes of all examples, from bytes", timing, "forward pass on floats", ""),
        Row("encoder alone", round(rate), "examples/s", "", ""),
    ]


def timed(work: Callable[[], None]) -> Callable[[], float]:
    """Return a function that does the work and returns its seconds."""

    def run() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return run


if __name__ == "__main__":
    main()
