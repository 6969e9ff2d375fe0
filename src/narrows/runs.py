"""A run's folder: its name says what the run is, its files what came of it."""

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from narrows.errors import UserError
from narrows.files import read_json, read_yaml, write_json
from narrows.spec import Spec

RUNS = Path("runs")
METRICS, ENVIRONMENT, HISTORY = "metrics.json", "environment.json", "history.csv"
CONFIG, SPEC, WEIGHTS = "config.yaml", "spec.json", "model.safetensors"
RESUME = "resume.ckpt"
# Of tasks that choose something on the validation part.
DECISIONS = "decisions.json"
OPTIONAL = (DECISIONS,)
RESULTS = (CONFIG, SPEC, METRICS, HISTORY, ENVIRONMENT, WEIGHTS)
# Measures on the test part: of a single run and of a baseline.
EVALUATION = "evaluation.json"
# Made from the results later, and stale when those are.
_MADE_FROM_RESULTS = (EVALUATION, "examples.png")
# Runs that are named where another one is not found.
_LATEST = 5
_LIBRARIES = ("narrows", "torch", "pytorch-lightning", "torchmetrics", "numpy", "hydra-core")


class Cost(NamedTuple):
    """What a run took, which is not the same bits each time.

    Attributes:
        seconds: of its parts.
        memory_mb: the most memory at once; None where it is not known.
    """

    seconds: dict[str, float]
    memory_mb: float | None


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold the folder against other processes; wait, and say so, while one has it.

    Yields:
        The lock's file descriptor: a process that is given it holds the folder too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{folder} is in use by another process; waiting for it", file=sys.stderr)  # noqa: T201
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()


def is_complete(folder: Path, inputs: dict[str, Any]) -> bool:
    """Tell whether the folder holds a finished run made from the same code, data and encoder."""
    # metrics.json is written last.
    return (folder / METRICS).is_file() and inputs_of(folder) == inputs


def inputs_of(folder: Path) -> Any:
    """Return what a run was made from: code, data, encoder; None if it was not begun."""
    path = folder / ENVIRONMENT
    return read_json(path)["inputs"] if path.is_file() else None


def sweep(folder: Path) -> None:
    """Remove what a killed process left behind: half-written files, a finished run's state."""
    for name in (*RESULTS, *OPTIONAL, RESUME):
        for path in folder.glob(f".{name}.*"):
            path.unlink()
    if (folder / METRICS).is_file():
        (folder / RESUME).unlink(missing_ok=True)


def clear_if_stale(folder: Path, inputs: dict[str, Any]) -> None:
    """Empty the folder if what it holds was made from other code, data or encoder."""
    if inputs_of(folder) != inputs:
        for name in (*RESULTS, *OPTIONAL, RESUME, *_MADE_FROM_RESULTS):
            (folder / name).unlink(missing_ok=True)


def environment(device: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what a run was made with: versions, commit, machine, inputs."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
        "platform": platform.platform(),
        "device": device,
        "commit": git_commit(),
        "inputs": inputs,
    }


def git_commit() -> str | None:
    """Return the commit of the working tree, with '+' if it has changes; None outside git."""
    git = shutil.which("git")
    if git is None:
        return None

    def ask(*words: str) -> str | None:
        done = subprocess.run([git, *words], capture_output=True, text=True, check=False)  # noqa: S603
        return done.stdout.strip() if done.returncode == 0 else None

    commit = ask("rev-parse", "HEAD")
    changed = ask("status", "--porcelain", "--untracked-files=no")
    return commit and commit + ("+" if changed else "")


def read_spec(folder: Path) -> Spec:
    """Return what the examples of a run look like."""
    return Spec.from_json(read_json(folder / SPEC))


def read_decisions(folder: Path) -> dict[str, Any] | None:
    """Return what the run's task chose on the validation part; None if it chooses nothing."""
    path = folder / DECISIONS
    return read_json(path) if path.is_file() else None


def find(name: str, option: str) -> Path:
    """Return the folder of a run that has weights, by its folder or its name.

    Args:
        name: as it was given.
        option: that it was given for.

    Raises:
        UserError: if there is none.
    """
    for folder in (Path(name), RUNS / name):
        if (folder / WEIGHTS).is_file():
            return folder
    known = [path.parent for path in RUNS.glob(f"[!.]*/{WEIGHTS}")]
    close = get_close_matches(name, [folder.name for folder in known], n=1)
    hint = f"did you mean '{close[0]}'?" if close else _latest(known)
    raise UserError(f"{option}={name}: no finished run there; {hint}")


def _latest(folders: list[Path]) -> str:
    """Return the names of the runs that were finished last, and what each is."""
    if not folders:
        return f"{RUNS}/ has none yet, narrows train makes one"
    latest = sorted(folders, key=lambda folder: -(folder / WEIGHTS).stat().st_mtime)[:_LATEST]
    told = [f"{folder.name} ({', '.join(_kind(folder))})" for folder in latest]
    return f"the latest in {RUNS}/: {', '.join(told)}"


def _kind(folder: Path) -> list[str]:
    """Return a run's task and data set."""
    config = read_yaml(folder / CONFIG)
    return [config[group]["_target_"].split(".")[-2] for group in ("task", "dataset")]


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def finish(folder: Path, metrics: dict[str, float], cost: Cost) -> None:
    """Record the run's metrics and, apart from them, what it cost; drop its resume state."""
    path = folder / ENVIRONMENT
    write_json(path, {**read_json(path), **cost._asdict()})
    write_json(folder / METRICS, metrics)
    (folder / RESUME).unlink(missing_ok=True)
