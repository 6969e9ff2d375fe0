"""Runs for the tests: in this process, in another, killed, and read back."""

import csv
import json
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

from narrows import runs
from narrows.cli import main
from narrows.config import compose_config
from narrows.parallel import start_forkserver

SMALL = ["trainer=cpu", "encoder.hidden=[16]", "decoder.hidden=[16]", "encoder.code_size=8"]
RESULTS = (runs.WEIGHTS, runs.METRICS, runs.HISTORY)


def run_folder(cwd: Path, *overrides: str) -> Path:
    """Return the folder of the run that these overrides ask for."""
    from narrows.build import prune
    from narrows.config import run_name

    return cwd / runs.RUNS / run_name(prune(compose_config(list(overrides))))


def train(cwd: Path, *overrides: str) -> Path:
    """Do `narrows train` in this process, in the folder `cwd`; return the run's folder."""
    folder = run_folder(cwd, *overrides)
    assert code_of_train(cwd, *overrides) == 0
    return folder


def code_of_train(cwd: Path, *overrides: str) -> int:
    """Do `narrows train` in this process and return its exit code."""
    cwd.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    os.chdir(cwd)
    try:
        return main(["train", *overrides])
    finally:
        os.chdir(before)


def bits(folder: Path) -> dict[str, bytes]:
    """Return the bytes of a finished run's results."""
    return {name: (folder / name).read_bytes() for name in RESULTS}


def history(folder: Path) -> list[dict[str, float]]:
    """Read a run's history.csv."""
    with (folder / runs.HISTORY).open(newline="") as handle:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(handle)]


def launch(
    cwd: Path, *overrides: str, before: str = "", env: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start `narrows train` in a process of its own, after the statements `before`."""
    cwd.mkdir(parents=True, exist_ok=True)
    # dup2: its output can be read while it runs, whatever else it starts.
    script = f"{before}\nimport sys\nfrom narrows.cli import main\nsys.exit(main(sys.argv[1:]))"
    with (cwd / "stderr").open("w") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", script, "train", *overrides],
            cwd=cwd,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            text=True,
            env={**os.environ, **(env or {})},
        )


@dataclass(frozen=True)
class Forked:
    """A process that was forked, with what a Popen has."""

    process: BaseProcess

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float) -> int | None:
        self.process.join(timeout)
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()


def fork(cwd: Path, *overrides: str, before: str = "") -> Forked:
    """Do what `launch` does, in a process forked from one that has imported torch already."""
    cwd.mkdir(parents=True, exist_ok=True)
    start_forkserver(["narrows.single", "narrows.training"])
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_train_here, args=(cwd, before, overrides))
    process.start()
    return Forked(process)


def _train_here(cwd: Path, before: str, overrides: tuple[str, ...]) -> None:
    """Do `narrows train` in this process, which is for nothing else."""
    os.chdir(cwd)
    # Workers leave Ctrl-C to their parent; a command of its own does not.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    # File descriptors, as a new process would have them.
    for number, name in ((1, os.devnull), (2, "stderr")):
        with Path(name).open("w") as file:
            os.dup2(file.fileno(), number)
    exec(before, {})
    sys.exit(main(["train", *overrides]))


def wait_for(condition: Callable[[], bool], process: Forked) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, "the process ended before it was to be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def wandb_files(folder: Path) -> list[Path]:
    """Return the files of a run's offline W&B runs, oldest first."""
    return sorted((folder / "wandb").glob("offline-run-*/run-*.wandb"))


def records(path: Path) -> Iterator[Record]:
    """Read a .wandb file: a LevelDB log of protobuf records."""
    data, offset, parts = path.read_bytes(), 7, b""
    assert data[:4] == b":W&B"
    while offset + 7 <= len(data):
        left = 32768 - offset % 32768
        if left < 7:
            offset += left
            continue
        _, length, kind = struct.unpack("<IHB", data[offset : offset + 7])
        parts += data[offset + 7 : offset + 7 + length]
        offset += 7 + length
        if kind in (1, 4):
            record = Record()
            record.ParseFromString(parts)
            parts = b""
            yield record


def items(updates: Any) -> dict[str, Any]:
    """Return a record's items as a flat dict."""
    return {i.key or "/".join(i.nested_key): json.loads(i.value_json) for i in updates}
