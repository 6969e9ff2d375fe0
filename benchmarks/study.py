"""40 small runs as a study runs them, against one process for each: python benchmarks/study.py.

The reference starts Python for each run, as many at once as there are cores; a study's stage starts
workers that share one import of torch. Both train the same runs on data that is prepared already.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmark import Row, report

from narrows.config import compose_config, run_name
from narrows.files import read_yaml, write_yaml
from narrows.launching.job import Job
from narrows.launching.local import Local
from narrows.packing import prepare
from narrows.parallel import cores
from narrows.workers import run_all

WORDS = ("dataset=digits", "epochs=2", "tracker=none", "trainer=cpu")


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--stage", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stage:
        train_seeds(Path(args.stage), range(args.runs) if args.seed is None else [args.seed])
        return
    from narrows.build import make, prune

    workers = cores()
    with tempfile.TemporaryDirectory() as name:
        configs = [prune(compose_config([*WORDS, f"seed={seed}"])) for seed in range(args.runs)]
        write_yaml(Path(name) / "configs.yaml", configs)
        node = configs[0]["dataset"]
        prepare(make(node), node, Path(name) / "prepared")
        started = time.perf_counter()
        call("--stage", name, "--runs", str(args.runs))
        study = time.perf_counter() - started
        started = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda s: call("--stage", name, "--seed", str(s)), range(args.runs)))
        processes = time.perf_counter() - started
    told = f"one process per run, {workers} at once: {processes:.1f} s against {study:.1f} s"
    rows = [
        Row(
            f"wall time of {args.runs} runs", round(processes / study, 2), "times less", told, "≥ 5"
        ),
        Row("wall time of one run in a study", round(study / args.runs, 3), "s", "", ""),
    ]
    report("study", rows)


def train_seeds(folder: Path, seeds: Sequence[int]) -> None:
    """Train a run for each seed: in workers, or in this process if there is one alone."""
    configs = [c for c in read_yaml(folder / "configs.yaml") if c["seed"] in seeds]
    data = folder / "prepared"
    if len(configs) > 1:
        jobs = [Job(c, data, folder / "study" / run_name(c)) for c in configs]
        run_all(jobs, Local(cores()), "study")
        return
    from narrows.training import train

    (config,) = configs
    train(config, data, folder / "processes" / run_name(config), lambda *_: None)


def call(*arguments: str) -> None:
    """Run this script in a process of its own, quietly, with one thread as workers have."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, *arguments]
    subprocess.run(command, env=environment, check=True, capture_output=True)


if __name__ == "__main__":
    main()
