"""Faults brought about for real, and what came of them: python benchmarks/faults.py.

A study, a sweep and a few runs are disturbed in the middle: processes are killed or stopped, a disk
fills, a database is locked, W&B's server goes away, the clock is set back, a command is given twice
at once. Where that ended a command, it is given again. Then what is there is compared with what the
same command has left undisturbed: the set of runs, the bits of their weights and measures, and
whether what was finished before was computed again.

The study is of a clone of the last commit with this working tree's code. What fills is a file
system of memory, for which the script starts itself again by `unshare`; the clock is libfaketime's.
Where these are not there, their rows are left out.
"""

import argparse
import os
import runpy
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from benchmark import write_results
from disturbed import Command, Place, until
from many_runs import COMMON, ROOT, STRATEGY, STUDY, clone, dvc, small_study
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from narrows.files import read_json
from narrows.sweeping.storage import LOCK_SECONDS, SQLITE

SHORT = ["trainer=cpu", "tracker=none", "encoder.hidden=[16]", "encoder.code_size=8",
         "decoder.hidden=[16]", "steps_per_epoch=200", "epochs=20"]  # fmt: skip
TWO_RUNS = ["train", "-m", *SHORT, "seed=0,1"]
SWEEP = ["sweep", *SHORT, "steps_per_epoch=20", "encoder.code_size=2,3,4,5,6", "optimizer.lr=0.01",
         "sweep.trials=5", "sweep.ahead=2", "sweep.sampler=random"]  # fmt: skip
WITHOUT_DIVERGED = ["train", "-m", *SHORT, "optimizer=sgd", "optimizer.lr=0.001"]
WITH_DIVERGED = [*WITHOUT_DIVERGED[:-1], "optimizer.lr=0.001,1e30"]
TRACKED = [*TWO_RUNS, "tracker=wandb"]
ON_SQLITE = [*SWEEP, "sweep.storage=sqlite"]
STUDIED = ["study", STUDY]
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
# How many are disturbed at once.
LANES = 3
WAITS = "in use by another process"
INSIDE = "NARROWS_FAULTS_INSIDE"


@dataclass(frozen=True)
class Fault:
    """One fault and what came of it.

    Attributes:
        fault: its name.
        done: what was done, and in the middle of what.
        told: what narrows said, shortened.
        seconds: from the fault until that was said; None where nothing was to be said.
        code: exit code of the command that was disturbed.
        lost: what differs in the end from the same command undisturbed, or was computed twice.
    """

    fault: str
    done: str
    told: str
    seconds: float | None
    code: int
    lost: str


def main() -> None:
    """Bring about all faults and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="functions with it in their name"
    )
    args = parser.parse_args()
    if INSIDE not in os.environ and can_mount():
        # As in a namespace of its own, where anybody may mount a file system of memory.
        command = ["unshare", "-rm", sys.executable, __file__, *sys.argv[1:]]
        sys.exit(subprocess.run(command, env={**os.environ, INSIDE: "1"}, check=False).returncode)
    started = time.monotonic()
    chosen = [fault for fault in faults_here() if args.only in fault.__name__]
    with tempfile.TemporaryDirectory() as name:
        faults = bring_about(chosen, Path(name))
    show(faults, time.monotonic() - started)
    if not args.only:
        write_results("faults", [asdict(fault) for fault in faults])


def can_mount() -> bool:
    """Tell whether a file system of memory can be mounted in a namespace."""
    if shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory() as name:
        words = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", name]
        return subprocess.run(words, check=False, capture_output=True).returncode == 0


def bring_about(chosen: list[Callable[[Place], Fault]], folder: Path) -> list[Fault]:
    """Do all commands in peace, then bring about the faults."""
    place = Place(folder)
    prepare(folder)
    for words in (TWO_RUNS, SWEEP, WITHOUT_DIVERGED, STUDIED):
        place.leave_undisturbed(words)
    with ThreadPoolExecutor(LANES) as lanes:
        return list(lanes.map(lambda fault: told(fault(place)), chosen))


def told(fault: Fault) -> Fault:
    """Say that a fault has been seen to, which takes a while, and return it."""
    print(f"{fault.fault}: {fault.done}: {fault.lost}", file=sys.stderr, flush=True)
    return fault


def prepare(parent: Path) -> None:
    """Make a clone whose study has four runs of some seconds left to train."""
    folder = clone(parent)
    for name in ("src", "conf", "pipelines"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    finetune = "task=multi_label decoder=linear loss=logistic epochs=20 steps_per_epoch=200"
    small_study(folder, 4, [50], COMMON, finetune)
    for stage in (f"prepare@{STUDY}", f"baselines@{STUDY}", f"pretrain@{STRATEGY}"):
        dvc(folder, stage)


def in_the_middle(
    place: Place, words: list[str], where: Path | None = None
) -> tuple[Path, Command, psutil.Process]:
    """Give a command in a new folder, and wait until a process is in the middle of a run."""
    folder = place.copy(words, where)
    command = Command(folder, words)
    return folder, command, until(command.worker)


def sqlite_locked_for_long(place: Place) -> Fault:
    """Lock a sweep's database for longer than it waits."""
    return sqlite_locked(place, LOCK_SECONDS + 5, "database is locked")


def sqlite_locked_for_a_while(place: Place) -> Fault:
    """Lock a sweep's database for less than it waits."""
    return sqlite_locked(place, 8, "")


def sqlite_locked(place: Place, seconds: float, text: str) -> Fault:
    """Have another process hold SQLite's exclusive lock, as a backup may."""
    folder, command, _ = in_the_middle(place, ON_SQLITE)
    path = folder / "runs" / "sweeps" / "digits" / SQLITE
    held = sqlite3.connect(path, isolation_level=None, timeout=30)
    held.execute("BEGIN EXCLUSIVE")
    since = time.monotonic()
    while time.monotonic() - since < seconds and command.process.poll() is None:
        time.sleep(0.1)
    held.rollback()
    held.close()
    code = command.wait()
    told, after = command.said(text, since) if text else ("nothing; it waits and goes on", None)
    lost = place.again(folder, ON_SQLITE, SWEEP)
    done = f"an exclusive lock held for {seconds:.0f} s in a sweep with sweep.storage=sqlite"
    return Fault("SQLite locked", done, told, after, code, lost)


def worker_killed(place: Place) -> Fault:
    """Kill a process that trains a run."""
    folder, command, worker = in_the_middle(place, STUDIED)
    worker.kill()
    since = time.monotonic()
    code = command.wait()
    told = command.said("runs failed", since)
    done = "kill -9 of a process that trains a run of a study"
    return Fault("worker killed", done, *told, code, place.again(folder, STUDIED, STUDIED))


def stage_killed(place: Place) -> Fault:
    """Kill the process that has a study's runs trained."""
    folder, command, _ = in_the_middle(place, STUDIED)
    command.stage().kill()
    since = time.monotonic()
    code = command.wait()
    told = command.said("a stage of study", since)
    done = "kill -9 of the stage of a study while two runs are trained"
    return Fault("driver killed", done, *told, code, place.again(folder, STUDIED, STUDIED))


def study_killed(place: Place) -> Fault:
    """Kill `narrows study`, whose DVC goes on, and give the command again at once."""
    folder, command, _ = in_the_middle(place, STUDIED)
    command.process.kill()
    second, since = Command(folder, STUDIED), time.monotonic()
    code = command.process.wait()
    second.wait()
    told = second.said(WAITS, since)
    done = "kill -9 of narrows study, whose DVC goes on; the same command at once"
    return Fault("driver killed", done, *told, code, place.lost(folder, STUDIED))


def sweep_killed(place: Place) -> Fault:
    """Kill `narrows sweep`."""
    folder, command, _ = in_the_middle(place, SWEEP)
    command.process.kill()
    code = command.wait()
    lost = place.again(folder, SWEEP, SWEEP)
    return Fault("driver killed", "kill -9 of narrows sweep", "nothing", None, code, lost)


def disk_full(place: Place) -> Fault:
    """Fill the disk that a study is on, and make room again."""
    disk = place.folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96m", "none", str(disk)]
    subprocess.run(mount, check=True)
    with ExitStack() as last:
        last.callback(subprocess.run, ["umount", str(disk)], check=True)
        folder, command, _ = in_the_middle(place, STUDIED, where=disk)
        fill(disk / "others")
        since = time.monotonic()
        code = command.wait()
        told = command.said("No space left on device", since)
        (disk / "others").unlink()
        lost = place.again(folder, STUDIED, STUDIED)
    done = "others fill the disk while a study trains; later they make room"
    return Fault("disk full", done, *told, code, lost)


def fill(path: Path) -> None:
    """Write a file until there is no room left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def wandb_unreachable_from_the_start(place: Place) -> Fault:
    """Have no server where W&B's should be."""
    folder = place.copy(TWO_RUNS)
    # Nothing listens there, and the key is none.
    env = {"WANDB_BASE_URL": "http://127.0.0.1:1", "WANDB_API_KEY": 40 * "0"}
    command, since = Command(folder, TRACKED, home(folder, env)), time.monotonic()
    code = command.wait()
    told = command.said("W&B cannot be reached", since)
    done = f"a closed port in place of W&B's server, two runs; {logged(folder)}"
    return Fault("W&B unreachable", done, *told, code, place.lost(folder, TWO_RUNS))


def wandb_unreachable_from_the_middle_on(place: Place) -> Fault:
    """Stop W&B's server, for which the tests' stand-in is taken, in the middle of two runs."""
    folder = place.copy(TWO_RUNS)
    serving = runpy.run_path(str(ROOT / "tests" / "wandb_server.py"))["serving"]
    with ExitStack() as served:
        env = home(folder, served.enter_context(serving([])).environment())
        command = Command(folder, TRACKED, env)
        until(command.worker)
        served.close()
        since = time.monotonic()
        code = command.wait()
        ended = time.monotonic() - since
    told = command.said("W&B: ", since)
    done = f"W&B's server stopped in the middle of two runs, which ended {ended:.0f} s later"
    done += f"; {logged(folder)}"
    return Fault("W&B unreachable", done, *told, code, place.lost(folder, TWO_RUNS))


def home(folder: Path, env: dict[str, str]) -> dict[str, str]:
    """Return an environment in which W&B finds nothing of the user's."""
    return {**env, "HOME": str(folder / "home"), "WANDB_MODE": "online"}


def logged(folder: Path) -> str:
    """Return what there is for `wandb sync`."""
    files = [path.parent.name for path in folder.glob("runs/*/wandb/*run-*/run-*.wandb")]
    return f"{len(files)} W&B runs are there to be sent later"


def diverged(place: Place) -> Fault:
    """Have a run go to infinity beside one that does not."""
    folder = place.copy(TWO_RUNS)
    command, since = Command(folder, WITH_DIVERGED), time.monotonic()
    code = command.wait()
    told = command.said("training diverged", since)
    lost = place.again(folder, WITH_DIVERGED, WITHOUT_DIVERGED)
    return Fault("diverged to NaN", "optimizer.lr=1e30 for one of two runs", *told, code, lost)


def hanging(place: Place) -> Fault:
    """Stop a process that trains a run, so that it hangs."""
    words = [*TWO_RUNS, "launcher.minutes=0.6"]
    folder, command, worker = in_the_middle(place, words)
    worker.suspend()
    since = time.monotonic()
    code = command.wait()
    told = command.said("it took more than launcher.minutes", since)
    done = "kill -STOP of a process that trains a run, launcher.minutes=0.6"
    return Fault("run hangs", done, *told, code, place.again(folder, words, TWO_RUNS))


def clock_set_back(place: Place) -> Fault:
    """Set the clock that a command and its runs see back by three days."""
    folder, words = place.copy(TWO_RUNS), [*TWO_RUNS, "launcher.minutes=2"]
    offset = folder / "offset"
    offset.write_text("+0")
    env = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    command = Command(folder, words, env)
    until(command.worker)
    offset.write_text("-3d")
    code = command.wait()
    seconds = [read_json(path)["seconds"]["training"] for path in folder.glob("runs/*/env*.json")]
    done = f"the clock set back by three days in the middle of two runs; their seconds: {seconds}"
    lost = place.lost(folder, TWO_RUNS)
    return Fault("clock set back", done, "nothing", None, code, lost)


def two_sweeps(place: Place) -> Fault:
    """Give a sweep's command twice at once."""
    return twice(place, SWEEP, "two sweeps at once")


def two_studies(place: Place) -> Fault:
    """Give a study's command twice at once."""
    return twice(place, STUDIED, "two studies at once")


def twice(place: Place, words: list[str], name: str) -> Fault:
    """Give a command twice at once in one folder."""
    folder, first, worker = in_the_middle(place, words)
    # It is stopped until the second has come to where it finds the first.
    worker.suspend()
    second, since = Command(folder, words), time.monotonic()
    until(lambda: second.has_said(WAITS) or second.process.poll() is not None)
    worker.resume()
    first.wait()
    place.note(folder)
    code = second.wait()
    told = second.said(WAITS, since)
    done = "the same command while the first is in the middle of its runs"
    return Fault(name, done, *told, code, place.lost(folder, words))


def faults_here() -> list[Callable[[Place], Fault]]:
    """Return the faults that can be brought about here, the longest first."""
    found = [
        sqlite_locked_for_long, worker_killed, stage_killed, study_killed, sweep_killed,
        sqlite_locked_for_a_while, wandb_unreachable_from_the_start,
        wandb_unreachable_from_the_middle_on, diverged, hanging, two_sweeps, two_studies,
    ]  # fmt: skip
    return found + [disk_full] * (INSIDE in os.environ) + [clock_set_back] * FAKETIME.is_file()


def show(faults: list[Fault], seconds: float) -> None:
    """Print the table."""
    table = Table(
        "fault", "what was done", "what narrows said", "after s", "code", "lost or doubled"
    )
    for f in faults:
        after = "" if f.seconds is None else f"{f.seconds:g}"
        table.add_row(f.fault, f.done, escape(f.told), after, str(f.code), f.lost, end_section=True)
    Console(width=160).print(table)
    print(f"{len(faults)} faults in {seconds:.0f} s")


if __name__ == "__main__":
    main()
