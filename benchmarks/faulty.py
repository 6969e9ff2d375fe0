"""A small project that faults are brought about in, and what is compared after them."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from narrows.files import read_yaml, write_yaml
from narrows.runs import METRICS, RESUME, RUNS, WEIGHTS

ROOT = Path(__file__).parents[1]
SEEDS = 4
STRATEGY = "digits-scratch"
COMMON = (
    "dataset=digit_scenes dataset.train=256 dataset.val=64 dataset.test=64 encoder=mlp "
    "encoder.hidden=[16] encoder.code_size=8 tracker=none trainer=cpu"
)
# A run of some seconds, which is saved ten times.
FINETUNE = "task=multi_label decoder=linear loss=logistic epochs=10 steps_per_epoch=600"
# That a command may take.
SECONDS = 180


@dataclass
class Started:
    """A command that runs.

    Attributes:
        process: of the command.
        folder: that it works in.
        number: of its files of output.
    """

    process: subprocess.Popen[bytes]
    folder: Path
    number: int

    def wait(self) -> int:
        """Return the exit code."""
        return self.process.wait(SECONDS)

    def told(self, pattern: str = "narrows: error", where: str = "stderr") -> str:
        """Return the first line of its output in which the pattern is found."""
        text = (self.folder / f"{where}-{self.number}").read_text()
        return self.lines(text.replace(f"{self.folder}/", ""), pattern)

    @staticmethod
    def lines(text: str, pattern: str = "narrows: error") -> str:
        """Return the first line of a text in which the pattern is found."""
        found = (line.strip() for line in text.splitlines() if re.search(pattern, line))
        return next(found, "nothing")


@dataclass
class Place:
    """A copy of the small project.

    Attributes:
        folder: of the copy.
        untouched: what commands make where nothing happens, by the words of each.
        started: how many commands were started.
    """

    folder: Path
    untouched: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    started: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """Variables of its commands: no login, and no home that has one."""
        here = Path(sys.executable).parent
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB")}
        return kept | {
            "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "src"),
            "HOME": str(self.folder / "home"),
        }

    @staticmethod
    def command(words: tuple[str, ...]) -> list[str]:
        """Return a command of narrows."""
        return [sys.executable, "-m", "narrows", *words]

    def copy(self, name: str) -> "Place":
        """Return a copy of the place."""
        folder = self.folder.parent / name
        shutil.copytree(self.folder, folder, symlinks=True)
        return Place(folder, self.untouched)

    def start(self, words: tuple[str, ...], **environment: str) -> Started:
        """Start a command, with more variables."""
        self.started += 1
        number = self.started
        streams = [(self.folder / f"{name}-{number}").open("w") for name in ("stdout", "stderr")]
        process = subprocess.Popen(
            self.command(words),
            cwd=self.folder,
            env=self.environment | environment,
            stdout=streams[0],
            stderr=streams[1],
            start_new_session=True,
        )
        for stream in streams:
            stream.close()
        return Started(process, self.folder, number)

    def again(self, words: tuple[str, ...]) -> str:
        """Give the command again and say what has come of all of its runs."""
        finished = self.times()
        code = self.start(words).wait()
        again = {name for name, changed in self.times().items() if changed != finished.get(name)}
        return self.compared(words, code, again & finished.keys())

    def compared(self, words: tuple[str, ...], code: int, again: set[str]) -> str:
        """Say how runs differ from those of the same command where nothing happened."""
        if words not in self.untouched:
            other = Place(self.folder.parent / f"untouched-{len(self.untouched)}")
            shutil.copytree(self.folder.parent / "base", other.folder, symlinks=True)
            other.start(words).wait()
            self.untouched[words] = other.bits()
        expected, found = self.untouched[words], self.bits()
        same = sum(found.get(name) == expected[name] for name in expected)
        said = [f"exit code {code}"] if code else []
        said.append(f"{same} of {len(expected)} runs with the same bits")
        if extra := found.keys() - expected.keys():
            said.append(f"{len(extra)} that should not be there")
        said.append(f"{len(again)} computed twice" if again else "none computed twice")
        return ", ".join(said)

    def bits(self) -> dict[str, str]:
        """Return a sum of weights and measures of each run that is finished."""
        return {
            path.parent.name: hashlib.sha256(
                path.read_bytes() + (path.parent / WEIGHTS).read_bytes()
            ).hexdigest()
            for path in (self.folder / RUNS).glob(f"*/{METRICS}")
        }

    def times(self) -> dict[str, int]:
        """Return when each finished run was written."""
        paths = (self.folder / RUNS).glob(f"*/{METRICS}")
        return {path.parent.name: path.stat().st_mtime_ns for path in paths}


def make_base(parent: Path) -> Place:
    """Clone the last commit with a small study, whose data is prepared."""
    base = Place(parent / "base")
    subprocess.run(["git", "clone", "-q", ROOT, base.folder], check=True)  # noqa: S607
    path = base.folder / "conf" / "study" / "digits.yaml"
    content = read_yaml(path)
    study = content["studies"]["digits"]
    study |= {"seeds": list(range(SEEDS)), "labels": [50], "baselines": [], "pretrain": []}
    study |= {"common": COMMON.split(), "finetune": FINETUNE.split()}
    study.pop("tune", None)
    content["strategies"] = {STRATEGY: content["strategies"][STRATEGY]}
    write_yaml(path, content)
    # Data of the other commands too, so that each fault comes in training.
    for command in (["-m", "dvc", "repro", "-q", "prepare@digits"], ["-m", "narrows", "data"]):
        subprocess.run(
            [sys.executable, *command],
            cwd=base.folder,
            env=base.environment,
            check=True,
            capture_output=True,
        )
    return base


def until(condition: Callable[[], bool], process: Started) -> None:
    """Wait until something holds, while the command runs.

    Raises:
        RuntimeError: if the command ends, or it takes too long.
    """
    end = time.monotonic() + SECONDS
    while not condition():
        if process.process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"{process.process.args} ended too soon: {process.told('.')}")
        time.sleep(0.01)


def run_in_the_middle(process: Started) -> None:
    """Wait until a run has been saved and has not ended."""
    until(lambda: any(map(is_saved, (process.folder / RUNS).glob("*"))), process)


def is_saved(run: Path) -> bool:
    """Tell whether a run has been saved and has not ended."""
    return (run / RESUME).is_file() and not (run / METRICS).is_file()


def signal_worker(process: Started, number: signal.Signals) -> None:
    """Send a signal to a process that is in the middle of a run, which it has locked."""

    def sent() -> bool:
        for worker in psutil.Process(process.process.pid).children(recursive=True):
            locked = [Path(f.path).parent for f in worker.open_files() if f.path.endswith("/.lock")]
            if any(is_saved(folder) for folder in locked if folder.parent.name == str(RUNS)):
                worker.send_signal(number)
                return True
        return False

    until(sent, process)


def kill_all(process: Started) -> None:
    """Kill a command and all that it has started."""
    family = psutil.Process(process.process.pid).children(recursive=True)
    os.killpg(process.process.pid, signal.SIGKILL)
    for member in family:
        if member.is_running():
            member.kill()
