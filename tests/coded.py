"""Small runs whose codes are made and decoded."""

from contextlib import chdir
from pathlib import Path

import pytest
from trained import found, source

from narrows.cli import main

_SHORT = [
    "encoder=mlp", "encoder.hidden=[8]", "encoder.code_size=4", "decoder=mlp", "decoder.hidden=[8]",
    "epochs=2", "steps_per_epoch=20", "tracker=none", "trainer=cpu",
]  # fmt: skip


def train(folder: Path, kind: str, *words: str) -> str:
    """Train an autoencoder in a folder; return its name."""
    folder.mkdir(parents=True, exist_ok=True)
    before = found(folder) if (folder / "runs").is_dir() else set()
    with chdir(folder):
        given = dict(word.split("=", 1) for word in [*_SHORT, *source(kind, folder), *words])
        if given["decoder"] == "linear":
            del given["decoder.hidden"]
        assert main(["train", *(f"{name}={value}" for name, value in given.items())]) == 0
    (name,) = found(folder) - before
    return name


def narrows(folder: Path, *words: str) -> int:
    """Do a command in a folder; return its exit code."""
    with chdir(folder):
        return main(list(words))


def refused(folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Do a command that is a mistake, and return what it tells; it must not write anything."""
    before = sorted(folder.rglob("*"))
    assert narrows(folder, *words) == 2
    assert sorted(folder.rglob("*")) == before
    return capsys.readouterr().err.splitlines()
