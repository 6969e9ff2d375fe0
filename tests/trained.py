"""Small trained runs for the tests, one for each kind of data, and calls of the command."""

import json
from contextlib import chdir
from pathlib import Path

import numpy as np
from PIL import Image

from narrows import runs
from narrows.cli import main

WORDS = ["red green blue", "cat dog", "green leaf tree", "dog bone red", "tree house"]
SHORT = [
    "task=multi_label", "decoder=linear", "loss=logistic", "encoder=mlp", "encoder.hidden=[8]",
    "encoder.code_size=4", "epochs=1", "steps_per_epoch=5", "tracker=none", "trainer=cpu",
]  # fmt: skip


def table(path, n, seed=0, names=("size", "weight", "colour")):
    """Write a table with two numbers, one of them with holes, a word and two labels."""
    rng = np.random.default_rng(seed)
    lines = [",".join([*names, "label_a", "label_b"])]
    for row in range(n):
        weight = "" if row % 7 == 3 else f"{rng.normal(50, 9):.4f}"
        colour = ("red", "green", "blue")[rng.integers(3)]
        lines.append(f"{rng.normal(3, 2):.4f},{weight},{colour},{row % 2},{int(row % 3 == 0)}")
    path.write_text("\n".join(lines) + "\n")


def documents(path, n, words=WORDS):
    """Write documents with labels."""
    lines = [{"text": words[i % len(words)], "labels": ["a"] if i % 2 else ["b"]} for i in range(n)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def images(folder, n, seed=0, size=(12, 9)):
    """Write images of two classes."""
    rng = np.random.default_rng(seed)
    for i in range(n):
        path = folder / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8).astype(np.uint8)).save(path)


def source(kind, folder):
    """Write data of a kind into a folder; return the options that name them."""
    if kind == "table":
        table(folder / "data.csv", 60)
        return ["dataset=table", "dataset.path=data.csv", "dataset.labels=label_*"]
    if kind == "documents":
        documents(folder / "data.jsonl", 60)
        return ["dataset=documents", "dataset.path=data.jsonl", "dataset.vocabulary=6"]
    if kind == "images":
        images(folder / "photos", 40)
        return ["dataset=image_folder", "dataset.path=photos", "dataset.size=8"]
    if kind == "arrays":
        rng = np.random.default_rng(0)
        y = (rng.random((60, 2)) < 0.5).astype(np.uint8)
        np.savez(folder / "data.npz", x=rng.normal(size=(60, 5)), y=y)
        return ["dataset=arrays", "dataset.path=data.npz"]
    return ["dataset=digits"]


def train(folder: Path, kind: str, *words: str) -> str:
    """Train a run in a folder; return its name."""
    folder.mkdir(parents=True, exist_ok=True)
    with chdir(folder):
        assert main(["train", *SHORT, *source(kind, folder), *words]) == 0
    (name,) = found(folder)
    return name


def new_label(folder: Path, *words: str) -> Path | None:
    """Do `narrows new-label` in a folder; return the run that is new, None if none is."""
    before = found(folder)
    with chdir(folder):
        assert main(["new-label", *words]) == 0
    fresh = found(folder) - before
    return folder / runs.RUNS / fresh.pop() if fresh else None


def found(folder: Path) -> set[str]:
    """Return the names of the runs in a folder."""
    return {p.name for p in (folder / runs.RUNS).iterdir() if not p.name.startswith(".")}


def rows(folder: Path, name: str, numbers) -> str:
    """Write a file of rows of the training part; return its name."""
    (folder / name).write_text("\n".join(map(str, numbers)))
    return name


def prepared(folder: Path) -> Path:
    """Return the folder with the prepared data."""
    (data,) = (p for p in (folder / "data").iterdir() if not p.name.startswith("."))
    return data
