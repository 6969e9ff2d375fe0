"""What happens when something goes wrong: python benchmarks/faults.py [NAME ...].

Each fault is brought about for real, in a copy of a small project; then the same command is given
again. What came of both is compared with a copy that nothing happened to: every run is there once,
has the same bits, and none that was finished is computed again. Results are in
benchmarks/results/faults.json. Some need Linux; the full disk needs `unshare`, and is left out
where no small disk can be made.
"""

import argparse
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from benchmark import RESULTS, machine
from faulty import (
    Place,
    Started,
    kill_all,
    make_base,
    run_in_the_middle,
    signal_worker,
    until,
)
from rich.console import Console
from rich.table import Table

from narrows.files import write_json
from narrows.runs import RUNS, git_commit
from narrows.sweeping.storage import SQLITE

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from running import items, records, wandb_files
from wandb_server import serving

STUDY = ("study", "digits")
SWEEP = (
    "sweep", "sweep=digits", "trainer=cpu", "tracker=none", "encoder.hidden=[8]",
    "decoder.hidden=[8]", "steps_per_epoch=400", "epochs=10", "sweep.trials=4", "sweep.startup=1",
    "sweep.sampler=random", "sweep.pruner=none", "sweep.seeds=[0,1]", "encoder.code_size=2,3,4,5",
    "optimizer.lr=0.01", "launcher.workers=2",
)  # fmt: skip
DIVERGING = (*SWEEP[:-2], "optimizer.lr=0.01,1e30", *SWEEP[-1:])
LOCKED = (*SWEEP, "sweep.storage=sqlite")
TRAIN = (
    "train", "trainer=cpu", "encoder.hidden=[8]", "decoder.hidden=[8]", "steps_per_epoch=400",
    "tracker.group=faults",
)  # fmt: skip
GRID = (
    "train", "-m", *TRAIN[1:-1], "epochs=20", "tracker=none", "seed=0,1,2", "launcher.workers=2",
)  # fmt: skip
EPOCHS = 200

# Of nobody.
KEY = {"WANDB_API_KEY": "0123456789" * 4, "WANDB_MODE": "online"}

# A module that Python imports as it starts: from the third second on it is an hour earlier.
CLOCK = """
import time
real, start = time.time, time.time()
def earlier():
    now = real()
    return now - 3600 if now > start + 3 else now
time.time = earlier
"""

# In a namespace of its own: runs/ on a disk of memory that is too small, then on a larger one.
DISK = """
mkdir runs && mount -t tmpfs -o size=192k none runs || exit 77
"$@" 2> first; echo $? > code
mount -o remount,size=256m runs
"$@" 2> second; code=$?
cp -a runs kept
exit $code
"""


@dataclass(frozen=True)
class Fault:
    """What came of a fault.

    Attributes:
        fault: what was done.
        told: what the command said of it.
        seconds: from the fault to the end of the command; for the full disk, of both commands.
        after: what the same command found afterwards.
    """

    fault: str
    told: str
    seconds: float
    after: str


def main() -> None:
    """Bring about all faults and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(FAULTS))
    chosen = parser.parse_args().names or list(FAULTS)
    found = list[Fault]()
    with tempfile.TemporaryDirectory() as name:
        base = make_base(Path(name))
        for number, fault in enumerate(chosen):
            result = FAULTS[fault](base.copy(f"{number}"))
            found.append(result)
            print(f"{fault}: {result.after}", flush=True)
    show(found)
    made = {"command": "python benchmarks/faults.py", "commit": git_commit()}
    made |= {"date": date.today().isoformat(), "machine": machine()}
    write_json(RESULTS / "faults.json", {**made, "faults": [asdict(fault) for fault in found]})


def show(found: list[Fault]) -> None:
    """Print the table."""
    table = Table("what was done", "what was told", "seconds", "after the same command")
    for fault in found:
        table.add_row(fault.fault, fault.told, f"{fault.seconds:.1f}", fault.after)
    Console(width=160).print(table)


def disturbed(place: Place, words: tuple[str, ...], disturb: Callable[[Started], str]) -> Fault:
    """Start a command, disturb it while a run is under way, and give it again."""
    process = place.start(words)
    run_in_the_middle(process)
    what, started = disturb(process), time.monotonic()
    process.wait()
    return Fault(what, process.told(), time.monotonic() - started, place.again(words))


def worker_killed(place: Place) -> Fault:
    """Kill a process that trains a run of a study."""

    def kill(process: Started) -> str:
        signal_worker(process, signal.SIGKILL)
        return "a worker of a study killed in the middle of a run"

    return disturbed(place, STUDY, kill)


def study_killed(place: Place) -> Fault:
    """Kill all of a study, as where the machine goes off."""

    def kill(process: Started) -> str:
        kill_all(process)
        return "a study killed, DVC, driver and workers at once"

    return disturbed(place, STUDY, kill)


def sweep_killed(place: Place) -> Fault:
    """Kill the driver of a sweep alone: its workers end by themselves."""

    def kill(process: Started) -> str:
        process.process.kill()
        return "the driver of a sweep killed"

    return disturbed(place, SWEEP, kill)


def sqlite_locked(place: Place) -> Fault:
    """Lock a sweep's database for five seconds."""
    return _locked(place, 5, "SQLite locked by another program for 5 seconds")


def sqlite_locked_for_long(place: Place) -> Fault:
    """Lock it for longer than the sweep waits."""
    return _locked(place, 90, "SQLite locked by another program for 90 seconds")


def _locked(place: Place, seconds: float, what: str) -> Fault:
    def lock(process: Started) -> str:
        (path,) = (process.folder / RUNS).glob(f"*/*/{SQLITE}")
        with sqlite3.connect(path, isolation_level=None, timeout=30) as database:
            database.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
            database.execute("COMMIT")
        return what

    return disturbed(place, LOCKED, lock)


def disk_full(place: Place) -> Fault:
    """Give a study a disk that is too small, and then a larger one."""
    command = ["unshare", "-rm", "sh", "-c", DISK, "sh", *place.command(STUDY)]
    started = time.monotonic()
    code = subprocess.run(
        command, cwd=place.folder, env=place.environment, check=False, stdout=subprocess.DEVNULL
    ).returncode
    what = "the disk full in the middle of a study, then room made"
    if code == 77:
        return Fault(what, "not tried: no small disk can be made here", 0, "")
    (place.folder / "runs").rmdir()
    (place.folder / "kept").rename(place.folder / "runs")
    told = Started.lines((place.folder / "first").read_text())
    return Fault(what, told, time.monotonic() - started, place.compared(STUDY, code, set()))


def wandb_unreachable(place: Place) -> Fault:
    """Train with a key and a server that is not there."""
    words = (*TRAIN, "epochs=20")
    process = place.start(words, WANDB_BASE_URL="http://127.0.0.1:1", **KEY)
    started = time.monotonic()
    process.wait()
    told = process.told("W&B")
    return Fault(
        "W&B unreachable from the start", told, time.monotonic() - started, place.again(words)
    )


def wandb_lost(place: Place) -> Fault:
    """Have the server go away while a run logs to it."""
    # W&B's client sends what it has every fifteen seconds.
    words = (*TRAIN, f"epochs={EPOCHS}")
    with serving([]) as server:
        process = place.start(words, **server.environment())
        until(lambda: any(run.history for run in server.runs.values()), process)
    started = time.monotonic()
    process.wait()
    seconds = time.monotonic() - started
    (path,) = (p for folder in (place.folder / RUNS).iterdir() for p in logs(folder))
    rows = [items(r.history.item) for r in records(path) if r.HasField("history")]
    kept = len([row for row in rows if "train/loss" in row])
    after = f"{place.again(words)}; W&B's file has {kept} of {EPOCHS} epochs"
    return Fault("W&B unreachable from the middle on", process.told("W&B: "), seconds, after)


def logs(folder: Path) -> list[Path]:
    """Return the files of W&B's own in the folder of a run, whether online or offline."""
    return wandb_files(folder) or sorted((folder / "wandb").glob("run-*/run-*.wandb"))


def diverges(place: Place) -> Fault:
    """Sweep over a learning rate that goes to infinity."""
    process = place.start(DIVERGING)
    started = time.monotonic()
    process.wait()
    what = "some runs of a sweep diverge to NaN"
    told = process.told("failed: ", "stdout")
    return Fault(what, told, time.monotonic() - started, place.again(DIVERGING))


def hangs(place: Place) -> Fault:
    """Stop a worker in the middle of its run, so that it does nothing any more."""
    words = (*STUDY, "launcher=local", "launcher.workers=2", "launcher.minutes=0.3")

    def stop(process: Started) -> str:
        signal_worker(process, signal.SIGSTOP)
        return "a run of a study hangs; launcher.minutes=0.3"

    return disturbed(place, words, stop)


def clock_set_back(place: Place) -> Fault:
    """Set Python's clock back by an hour after three seconds."""
    (place.folder / "clock").mkdir()
    (place.folder / "clock" / "sitecustomize.py").write_text(CLOCK)
    path = f"{place.folder / 'clock'}:{place.environment['PYTHONPATH']}"
    process = place.start(GRID, PYTHONPATH=path)
    started = time.monotonic()
    process.wait()
    what = "the clock set back by an hour in the middle of runs"
    return Fault(what, process.told(), time.monotonic() - started, place.again(GRID))


def two_studies(place: Place) -> Fault:
    """Give the same command twice at once."""
    return _twice(place, STUDY, "two studies on one folder at once")


def two_sweeps(place: Place) -> Fault:
    """Give the same command twice at once."""
    return _twice(place, SWEEP, "two sweeps on one folder at once")


def _twice(place: Place, words: tuple[str, ...], what: str) -> Fault:
    first = place.start(words)
    run_in_the_middle(first)
    second, started = place.start(words), time.monotonic()
    codes = [first.wait(), second.wait()]
    told = f"{second.told('error|ERROR|waiting|in use')} (exit codes {codes[0]} and {codes[1]})"
    return Fault(what, told, time.monotonic() - started, place.again(words))


FAULTS: dict[str, Callable[[Place], Fault]] = {
    "worker_killed": worker_killed,
    "study_killed": study_killed,
    "sweep_killed": sweep_killed,
    "sqlite_locked": sqlite_locked,
    "sqlite_locked_for_long": sqlite_locked_for_long,
    "disk_full": disk_full,
    "wandb_unreachable": wandb_unreachable,
    "wandb_lost": wandb_lost,
    "diverges": diverges,
    "hangs": hangs,
    "clock_set_back": clock_set_back,
    "two_studies": two_studies,
    "two_sweeps": two_sweeps,
}


if __name__ == "__main__":
    main()
