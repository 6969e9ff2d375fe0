"""What training costs as examples grow in number: python benchmarks/many_examples.py.

- Time and memory of the order of one pass over 10^6 to 10^8 examples.
- The choice of 1,000 labelled examples among as many, with ten labels.
- Images of 32 x 32 that are read at random places of a file of 4 GB, when none of it is in memory
  and when all of it is.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmark import Row, peak_memory, report
from torch import Tensor

from narrows.budgets import labelled_order
from narrows.loading import PackedDataset
from narrows.randomness import permutation
from narrows.sparse import mapped

ORDERS = (10**6, 10**7, 10**8)
CHOICES = (10**5, 10**6, 10**7)
LABELLED, LABELS = 1000, 10
SHAPE = (3, 32, 32)
IMAGES = 4 * 2**30 // (3 * 32 * 32)
BATCH, BATCHES = 256, 20


def main() -> None:
    """Measure all and print the table."""
    rows = [choice_row(n) for n in CHOICES]
    rows += [order_row(n) for n in ORDERS]
    with tempfile.TemporaryDirectory() as name:
        rows += reading_rows(Path(name) / "train.x.npy")
    report("many_examples", rows)


def order_row(n: int) -> Row:
    """Draw the order of a pass."""
    started = time.perf_counter()
    order = permutation(n, 0)
    seconds, memory = time.perf_counter() - started, order.nbytes / 2**20
    return Row(f"order of {n:,} examples", round(seconds, 3), "s", f"{memory:.0f} MB", "")


def choice_row(n: int) -> Row:
    """Choose which examples have labels."""
    y = np.random.default_rng(0).integers(0, 10, (n, LABELS), np.uint8) == 0
    # With growing n each takes more memory than what was before it, which is what is measured.
    before, started = peak_memory(), time.perf_counter()
    labelled_order(y, LABELLED, 0)
    seconds, memory = time.perf_counter() - started, peak_memory() - before
    name = f"choice of {LABELLED:,} labelled examples of {n:,}"
    return Row(name, round(seconds, 3), "s", f"{memory:.0f} MB more", "")


def reading_rows(path: Path) -> list[Row]:
    """Read batches of images from a file, out of memory and in it."""
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (IMAGES, *SHAPE))
    block, random = 2**14, np.random.default_rng(0)
    for start in range(0, IMAGES, block):
        end = min(IMAGES, start + block)
        images[start:end] = random.integers(0, 256, (end - start, *SHAPE), np.uint8)
    images.flush()
    del images
    batches = permutation(IMAGES, 0)[: BATCH * BATCHES].split(BATCH)
    forget(path)
    data = PackedDataset.unlabelled(mapped(path))
    rows = []
    for state in ("not in memory", "in memory"):
        rate = BATCH / statistics.median(seconds_of(data, batch) for batch in batches)
        rows.append(Row(f"random reading, file {state}", round(rate), "images/s", "", ""))
    return rows


def forget(path: Path) -> None:
    """Have the system drop what it has of a file in memory."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds_of(data: PackedDataset, batch: Tensor) -> float:
    """Return the seconds that reading one batch takes."""
    started = time.perf_counter()
    list(data[[batch]])
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
