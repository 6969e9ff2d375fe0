"""Preparing a folder of images against decoding them alone: python benchmarks/prepare.py.

The reference decodes the same files with Pillow into arrays of their own size, in as many processes
as there are cores, and keeps nothing. Preparing also finds the files, splits them, brings images to
one size, writes them, looks for duplicates and makes checksums; the pool's start is in both.
"""

import argparse
import io
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from benchmark import Row, paired, ratio_row, report
from PIL import Image, ImageFilter

from narrows.datasets.image_folder import ImageFolder
from narrows.packing import prepare
from narrows.parallel import cores

# Kind of file, number, its width and height, the size that it is prepared at.
FOLDERS = [
    ("jpg", 3000, (640, 480), 64),
    ("png", 20000, (32, 32), 32),
]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3)
    pairs = parser.parse_args().pairs
    rows = []
    for kind, n, size, side in FOLDERS:
        what = f"preparing {n:,} {kind} files of {size[0]} x {size[1]}"
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "images"
            draw(folder, kind, n, size)
            decode_all = partial(decode_folder, folder)
            timing = paired(partial(prepare_folder, folder, side, "ignore"), decode_all, pairs)
            rows.append(ratio_row(f"{what}, duplicates ignored", timing, "decoding", "≤ 1.20"))
            timing = paired(partial(prepare_folder, folder, side, "report"), decode_all, pairs)
            rows.append(ratio_row(f"{what}, duplicates reported", timing, "decoding", ""))
        rows.append(Row(f"{what}, duplicates reported", round(n / timing[0]), "images/s", "", ""))
    report("prepare", rows)


def draw(folder: Path, kind: str, n: int, size: tuple[int, int]) -> None:
    """Write n images with about the detail of photographs: pieces of smoothed noise."""
    folder.mkdir()
    rng, (width, height) = np.random.default_rng(0), size
    noise = Image.fromarray(rng.integers(0, 256, (3000, 3000, 3), dtype=np.uint8))
    smooth = np.asarray(noise.filter(ImageFilter.GaussianBlur(2)))
    for i in range(n):
        top, left = rng.integers(3000 - height), rng.integers(3000 - width)
        piece = np.rot90(smooth[top : top + height, left : left + width], 2 * (i % 2))
        Image.fromarray(piece).save(folder / f"{i:06d}.{kind}", quality=90)


def prepare_folder(folder: Path, side: int, duplicates: Literal["report", "ignore"]) -> float:
    """Return the seconds that preparing takes."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name, redirect_stderr(io.StringIO()):
        data = ImageFolder(path=str(folder), size=side, duplicates=duplicates)
        prepare(data, {}, Path(name) / "data")
        return time.perf_counter() - started


def decode_folder(folder: Path) -> float:
    """Return the seconds that decoding takes."""
    started = time.perf_counter()
    with ProcessPoolExecutor(cores()) as pool:
        files = sorted(map(str, folder.iterdir()))
        blocks = [files[i : i + 256] for i in range(0, len(files), 256)]
        for _ in pool.map(decode, blocks):
            pass
    return time.perf_counter() - started


def decode(files: list[str]) -> None:
    """Decode some files."""
    for file in files:
        with Image.open(file) as image:
            np.asarray(image.convert("RGB"))


if __name__ == "__main__":
    main()
