"""40 small runs as a study runs them, against one process for each: python benchmarks/study.py.

The reference starts `narrows train` for each run, as many at once as there are cores; a study's
stage starts workers that share one import of torch.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmark import Row, report

from narrows.build import make, prune
from narrows.config import compose_config, conf_dir, run_name
from narrows.packing import prepare
from narrows.workers import Job, cores, run_all

WORDS = ("dataset=digits", "epochs=2", "tracker=none", "trainer=cpu")


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--one", metavar="FOLDER", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        stage(Path(args.one), args.runs)
        return
    workers = cores()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "conf").symlink_to(conf_dir())
        started = time.perf_counter()
        # A process of its own, so that the start of Python is part of it.
        call([sys.executable, __file__, "--one", name, "--runs", str(args.runs)], folder)
        study = time.perf_counter() - started
        started = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda seed: launch(folder, seed), range(args.runs)))
        processes = time.perf_counter() - started
    told = f"one process per run, {workers} at once: {processes:.1f} s against {study:.1f} s"
    rows = [
        Row(
            f"wall time of {args.runs} runs", round(processes / study, 2), "times less", told, "≥ 5"
        ),
        Row("wall time of one run in a study", round(study / args.runs, 3), "s", "", ""),
    ]
    report("study", rows)


def stage(folder: Path, runs: int) -> None:
    """Train all runs as a stage of a study does."""
    configs = [prune(compose_config([*WORDS, f"seed={seed}"])) for seed in range(runs)]
    node = configs[0]["dataset"]
    prepare(make(node), node, folder / "prepared")
    jobs = [Job(c, folder / "prepared", folder / "study" / run_name(c)) for c in configs]
    run_all(jobs, cores(), "study")


def launch(folder: Path, seed: int) -> None:
    """Train one run by the command line."""
    call([sys.executable, "-m", "narrows", "train", *WORDS, f"seed={seed}"], folder)


def call(command: list[str], folder: Path) -> None:
    """Run a command, quietly, with one thread as workers have."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


if __name__ == "__main__":
    main()
