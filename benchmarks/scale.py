"""Time and memory of preparing against the number of examples: python benchmarks/scale.py.

Images, a table and documents, from the smallest to a hundred times as many; each is prepared in a
process of its own, whose largest memory is read at its end. Draws benchmarks/results/scale.png.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmark import RESULTS, Row, peak_memory, report
from matplotlib.figure import Figure
from PIL import Image

from narrows.datasets.documents import Documents
from narrows.datasets.image_folder import ImageFolder
from narrows.datasets.table import Table
from narrows.packing import prepare

# Factors of the smallest number, up to a hundred.
FACTORS = (1, 3, 10, 30, 100)
SMALLEST = {"images": 400, "table": 5000, "documents": 500}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepare", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.prepare:
        prepare_one(*args.prepare)
        return
    found = {
        kind: [measure(kind, smallest * f) for f in FACTORS] for kind, smallest in SMALLEST.items()
    }
    rows = []
    for kind, measured in found.items():
        n, seconds, memory = map(np.array, zip(*measured, strict=True))
        # Above a fixed part, which is the start of Python and of workers, time goes with n.
        slope = np.polyfit(np.log(n[-3:]), np.log(seconds[-3:] - seconds[0] * 0.9), 1)[0]
        told = f"{seconds[0]:.1f} s for {n[0]:,}, {seconds[-1]:.1f} s for {n[-1]:,}"
        rows.append(
            Row(f"{kind}: time goes with n to the power", round(slope, 2), "", told, "≤ 1.1")
        )
        grown = memory[-1] / memory[0]
        told = f"{memory[0]:.0f} MB for {n[0]:,}, {memory[-1]:.0f} MB for {n[-1]:,}"
        rows.append(
            Row(f"{kind}: memory of 100 n against n", round(grown, 2), "ratio", told, "flat")
        )
    plot(found)
    report("scale", rows)


def measure(kind: str, n: int) -> tuple[int, float, float]:
    """Return n, the seconds that preparing n examples takes, and its largest memory in MB."""
    with tempfile.TemporaryDirectory() as name:
        source = WRITERS[kind](Path(name), n)
        command = [sys.executable, __file__, "--prepare", kind, str(source), f"{name}/data"]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        seconds, memory = json.loads(done.stdout)
    print(f"{kind}: {n:,} examples, {seconds:.1f} s, {memory:.0f} MB", flush=True)
    return n, seconds, memory


def prepare_one(kind: str, source: str, folder: str) -> None:
    """Prepare one source and print seconds and memory."""
    data = {
        "images": lambda: ImageFolder(path=source, size=32),
        "table": lambda: Table(path=source, labels=["label"]),
        "documents": lambda: Documents(path=source, vocabulary=2000),
    }[kind]()
    started = time.perf_counter()
    prepare(data, {}, Path(folder))
    print(json.dumps([time.perf_counter() - started, peak_memory()]))


def write_images(folder: Path, n: int) -> Path:
    """Write n small PNG files."""
    rng, path = np.random.default_rng(0), folder / "images"
    path.mkdir()
    noise = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    for i in range(n):
        Image.fromarray(noise + np.uint8(i % 251)).save(path / f"{i:06d}.png")
    return path


def write_table(folder: Path, n: int) -> Path:
    """Write n rows of 20 numbers, a category and a label."""
    rng, path = np.random.default_rng(0), folder / "table.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"x{i}" for i in range(20)), "colour", "label"])
        for _ in range(0, n, 5000):
            values = rng.normal(size=(5000, 20)).round(4).tolist()
            kinds, labels = rng.integers(0, 5, 5000).tolist(), rng.integers(0, 2, 5000).tolist()
            writer.writerows(
                [*v, f"c{k}", y] for v, k, y in zip(values, kinds, labels, strict=True)
            )
    return path


def write_documents(folder: Path, n: int) -> Path:
    """Write n documents of 100 words, which are as frequent as Zipf's law has it."""
    rng, path = np.random.default_rng(0), folder / "documents.jsonl"
    words = np.array([f"word{i}" for i in range(20000)])
    with path.open("w") as file:
        for _ in range(n):
            drawn = words[np.minimum(rng.zipf(1.3, 100), len(words)) - 1]
            file.write(
                json.dumps({"text": " ".join(drawn), "labels": [str(rng.integers(5))]}) + "\n"
            )
    return path


WRITERS: dict[str, Callable[[Path, int], Path]] = {
    "images": write_images,
    "table": write_table,
    "documents": write_documents,
}


def plot(found: dict[str, list[tuple[int, float, float]]]) -> None:
    """Draw time and memory against n."""
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    times, memories = figure.subplots(1, 2)
    for kind, measured in found.items():
        n, seconds, memory = zip(*measured, strict=True)
        times.loglog(n, seconds, "o-", label=kind)
        memories.semilogx(n, memory, "o-", label=kind)
    times.set(xlabel="examples", ylabel="seconds", title="time of preparing")
    memories.set(xlabel="examples", ylabel="MB", title="largest memory", ylim=(0, None))
    times.legend(frameon=False)
    figure.savefig(RESULTS / "scale.png", dpi=110)


if __name__ == "__main__":
    main()
