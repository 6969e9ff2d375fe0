"""Training on data that stays on disk against the same data in memory: python benchmarks/mapped.py.

The mapped data are more than the process keeps in memory of its own, and lie in the page cache, as
those do that were prepared or read a while ago. Both train the same epochs on the same batches.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from benchmark import Row, paired, ratio_row, report

from narrows.build import build, make_trainer, prune, spec_of
from narrows.config import compose_config
from narrows.loading import PackedData, PackedDataset
from narrows.quiet import quiet
from narrows.store import Stored


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--examples", type=int, default=400_000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), args.examples)
        mapped = PackedDataset.open(Path(name), "train")
        size = mapped.x.nbytes / 2**20
        before = own_memory()
        epoch(mapped)
        used = own_memory() - before
        # Taking all rows copies them.
        whole = mapped.subset(torch.arange(len(mapped)))
        timing = paired(lambda: epoch(mapped), lambda: epoch(whole), args.pairs)
    rows = [
        ratio_row(f"training epoch, {size:,.0f} MB mapped", timing, "in memory", "≤ 1.15"),
        Row("memory of its own that training took", round(used), "MB", f"of {size:,.0f} MB", ""),
    ]
    report("mapped", rows)


def write(folder: Path, n: int) -> None:
    """Write n images of 32 x 32 pixels, as preparing does."""
    rng = np.random.default_rng(0)
    x = Stored.create(folder / "train.x.npy", (n, 3, 32, 32), np.dtype(np.uint8))
    for start in range(0, n, 10_000):
        x.write(start, rng.integers(0, 256, (min(10_000, n - start), 3, 32, 32), dtype=np.uint8))
    np.save(folder / "train.y.npy", np.zeros((n, 10), np.uint8))


def own_memory() -> float:
    """Return the memory of this process that is no file's, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 2**10


def epoch(data: PackedDataset) -> float:
    """Return the seconds of 600 steps of batch 256."""
    words = ["dataset=cifar10", "encoder.hidden=[128]", "decoder.hidden=[128]", "trainer=cpu"]
    config = prune(compose_config(words))
    module = build(config, spec_of(config)).module
    loader = PackedData(data, data.first(1), 256, 600, seed=0)
    with quiet():
        trainer = make_trainer(
            config, max_epochs=1, logger=False, enable_progress_bar=False,
            enable_checkpointing=False, limit_val_batches=0,
        )  # fmt: skip
        started = time.perf_counter()
        trainer.fit(module, loader)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
