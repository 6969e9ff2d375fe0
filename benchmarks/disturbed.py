"""Commands that benchmarks/faults.py disturbs, and what they leave compared with others."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil
from many_runs import ROOT

from narrows import runs
from narrows.files import read_json

T = TypeVar("T")
# How long a command is waited for.
PATIENCE = 240.0


class Command:
    """`narrows` in a process of its own, whose lines are kept with their times.

    Args:
        folder: to do it in.
        words: of the command.
        env: what its environment has besides.
    """

    def __init__(self, folder: Path, words: list[str], env: dict[str, str] | None = None) -> None:
        source = folder if (folder / "src").is_dir() else ROOT
        environment = {**os.environ, "PYTHONPATH": str(source / "src"), "OMP_NUM_THREADS": "1"}
        self.lines: list[tuple[float, str]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "narrows", *words],
            cwd=folder,
            env=environment | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append((time.monotonic(), line.rstrip()))

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(PATIENCE)
        # Of a killed one, processes that it has started may hold the pipe for longer.
        self.reader.join(5)
        return code

    def said(self, text: str, since: float) -> tuple[str, float]:
        """Return the first line with this text, and how many seconds after a time it came."""
        for moment, line in self.lines:
            if text in line and moment >= since:
                return shorten(line), round(moment - since, 1)
        raise LookupError(f"nobody said {text!r}: {[line for _, line in self.lines]}")

    def has_said(self, text: str) -> bool:
        """Tell whether there is a line with this text yet."""
        return any(text in line for _, line in self.lines)

    def worker(self) -> psutil.Process | None:
        """Return a process that is in the middle of a run, which it holds the lock of."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                held = [Path(file.path) for file in process.open_files()]
            except psutil.Error:
                continue
            for folder in (path.parent for path in held if path.name == ".lock"):
                if (folder / runs.RESUME).is_file() and not (folder / runs.METRICS).is_file():
                    return process
        return None

    def stage(self) -> psutil.Process:
        """Return the process of the study's stage that trains."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        return next(p for p in family if "pipelines/finetune.py" in p.cmdline())


def shorten(line: str) -> str:
    """Return a line of narrows without what differs from machine to machine."""
    line = re.sub(r"(^|[\s'])/\S*/", r"\1…/", line.removeprefix("narrows: error: "))
    line = re.sub(r"\b[0-9a-f]{12}-seed", "RUN-seed", line)
    line = re.sub(r"http://\S+", "URL", line)
    return line if len(line) < 200 else f"{line[:200]}…"


def until(condition: Callable[[], T | None]) -> T:
    """Wait until something is there, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)
    return found


class Place:
    """Where commands are disturbed, and what they leave undisturbed.

    Args:
        folder: that everything goes below.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.undisturbed: dict[str, Path] = {}
        self.begun: dict[Path, dict[Path, int]] = {}

    def copy(self, words: list[str], where: Path | None = None) -> Path:
        """Return a new folder with all that a command needs."""
        folder = Path(tempfile.mkdtemp(dir=where or self.folder, prefix=f"{words[0]}-"))
        if words[0] == "study":
            shutil.copytree(self.folder / "narrows", folder, symlinks=True, dirs_exist_ok=True)
        elif (data := self.folder / "data").is_dir():
            (folder / "data").symlink_to(data)
        return folder

    def leave_undisturbed(self, words: list[str]) -> None:
        """Do a command in peace, for others to be compared with."""
        folder = self.copy(words)
        command = Command(folder, words)
        if command.wait():
            raise RuntimeError("\n".join(line for _, line in command.lines))
        self.undisturbed[" ".join(words)] = folder
        if (data := folder / "data").is_dir() and not data.is_symlink():
            shutil.move(data, self.folder / "data")

    def note(self, folder: Path) -> None:
        """Note what is finished, to see whether it is computed again."""
        self.begun[folder] = {p: p.stat().st_mtime_ns for p in weights(folder).values()}

    def again(self, folder: Path, words: list[str], like: list[str]) -> str:
        """Give the same command again, and return what is lost.

        Args:
            folder: where it was disturbed.
            words: of the command.
            like: words of what was left undisturbed.
        """
        self.note(folder)
        Command(folder, words).wait()
        return self.lost(folder, like)

    def lost(self, folder: Path, like: list[str]) -> str:
        """Return what differs from a command left undisturbed, or was computed twice."""
        other = self.undisturbed[" ".join(like)]
        found, expected = weights(folder), weights(other)
        differences = [f"{name} is there once" for name in sorted(found.keys() ^ expected.keys())]
        for name in sorted(found.keys() & expected.keys()):
            for file in (runs.WEIGHTS, runs.METRICS, runs.HISTORY):
                mine, its = (where[name].parent / file for where in (found, expected))
                if mine.read_bytes() != its.read_bytes():
                    differences.append(f"{name}: {file} differs")
        if like[0] == "sweep" and trials(folder) != trials(other):
            differences.append("trials differ")
        before = self.begun.get(folder, {})
        differences += [
            f"{path.parent.name} was computed again"
            for path, moment in before.items()
            if path.stat().st_mtime_ns != moment
        ]
        return "; ".join(differences) or "nothing"


def weights(folder: Path) -> dict[str, Path]:
    """Return the weights of each finished run, by its name."""
    return {
        path.parent.name: path.parent / runs.WEIGHTS
        for path in (folder / runs.RUNS).glob(f"*/{runs.METRICS}")
    }


def trials(folder: Path) -> Any:
    """Return what a sweep says of its trials."""
    return read_json(folder / "reports" / "sweeps" / "digits" / "results.json")["trials"]
