"""What a study costs as its runs grow in number: python benchmarks/many_runs.py.

- What a run takes in a study beside its training, from studies of very short runs; and what
  measuring them on the test part takes.
- `dvc repro` of a study in which nothing has changed, with 5, 50 and 200 runs in a stage.
- Time and memory of a stage's driver and of the report with 10,000 finished runs, which are copies.
- The wall time of runs of some seconds with one worker and with two.

Studies run in a clone of the last commit.
"""

import argparse
import json
import os
import random
import runpy
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

from benchmark import Row, peak_memory, report

from narrows.config import run_name
from narrows.files import read_json, read_yaml, write_compact, write_yaml
from narrows.launching.job import Job
from narrows.launching.local import Local
from narrows.workers import run_all

ROOT = Path(__file__).parents[1]
STUDY, STRATEGY = "digits", "digits-scratch"
COUNTS = {5: ([50], 5), 50: ([50], 50), 200: ([50, 100, 150, 200], 50)}
MANY = 10_000
METHODS = ("scratch", "denoising", "masked", "contrastive", "vicreg")
PLAN = Path("configs") / "study.yaml"
DATA = "dataset=digit_scenes dataset.train=256 dataset.val=64 dataset.test=64"
COMMON = f"{DATA} encoder=mlp encoder.hidden=[16] encoder.code_size=8 tracker=none trainer=cpu"
FINETUNE = "task=multi_label decoder=linear loss=logistic epochs=1 steps_per_epoch=4"
# Long enough that starting them does not matter.
LONG = {"epochs": 1, "steps_per_epoch": 6_000}


def main() -> None:
    """Measure all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--report", metavar="FOLDER", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.driver:
        drive(Path(args.driver))
        return
    if args.report:
        make_report(Path(args.report))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = clone(Path(name))
        rows = [row for count in COUNTS for row in measure_study(folder, count)]
        rows += [*measure_many(folder), measure_workers(folder)]
    report("many_runs", rows)


def clone(parent: Path) -> Path:
    """Clone the last commit and let its study have very short runs alone."""
    folder = parent / "narrows"
    subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)  # noqa: S607
    return folder


def measure_study(folder: Path, count: int) -> list[Row]:
    """Run a study of this many runs, and then again though nothing has changed."""
    labels, seeds = COUNTS[count]
    small_study(folder, seeds, labels, COMMON, FINETUNE)
    composing = dvc(folder, f"compose@{STUDY}")
    dvc(folder, f"prepare@{STUDY}")
    stage = f"finetune@{STRATEGY}"
    before = len(trained(folder))
    seconds = dvc(folder, stage)
    fresh = len(trained(folder)) - before
    training = statistics.mean(run["seconds"]["training"] for run in trained(folder))
    dvc(folder, f"baselines@{STUDY}")
    evaluating = dvc(folder, f"evaluate@{STUDY}")
    dvc(folder, f"compare@{STUDY}")
    again = statistics.median(dvc(folder, f"compare@{STUDY}") for _ in range(3))
    told = f"a stage of {fresh} new runs: {seconds:.1f} s, training itself {training:.3f} s a run"
    overhead = seconds / fresh - training / (os.cpu_count() or 1)
    return [
        Row(f"composing {count} runs, start included", round(composing, 1), "s", "", ""),
        Row(f"overhead of a run, stage of {fresh}, start included", round(overhead, 3), "s", told,
            "≤ 0.5 once warm"),
        Row(f"measuring {count} runs, start included", round(evaluating, 1), "s", "", ""),
        Row(f"no-op repro, {count} runs in a stage", round(again, 2), "s", "", "flat"),
    ]  # fmt: skip


def small_study(folder: Path, seeds: int, labels: list[int], common: str, finetune: str) -> None:
    """Let the study of a clone have these runs alone, which start without pretraining."""
    path = folder / "conf" / "study" / f"{STUDY}.yaml"
    content = read_yaml(path)
    study = content["studies"][STUDY]
    study |= {"seeds": list(range(seeds)), "labels": labels, "baselines": [], "pretrain": []}
    study |= {"common": common.split(), "finetune": finetune.split()}
    study.pop("tune", None)
    content["strategies"] = {STRATEGY: content["strategies"][STRATEGY]}
    write_yaml(path, content)


def dvc(folder: Path, stage: str) -> float:
    """Run `dvc repro` and return its seconds."""
    here = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"PYTHONPATH": str(folder / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "dvc", "repro", "-q", stage]
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def trained(folder: Path) -> list[dict[str, Any]]:
    """Return what each finished run was made with."""
    return [read_json(path) for path in (folder / "runs").glob("*/environment.json")]


def measure_many(folder: Path) -> list[Row]:
    """Measure driver and report where 10,000 runs are finished."""
    multiply(folder)
    rows = []
    for option, what in (("--driver", "driver of a stage"), ("--report", "report")):
        command = [sys.executable, __file__, option, str(folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        told = f"{found['seconds']:.1f} s{found.get('told', '')}"
        rows.append(
            Row(f"memory of the {what}, {MANY:,} finished runs", round(found["memory"]), "MB", told,
                "≤ 500")
        )  # fmt: skip
    return rows


def drive(folder: Path) -> None:
    """Ask for 10,000 runs, all finished: copies of one under other seeds."""
    os.chdir(folder)
    source = next(path.parent for path in sorted(Path("runs").glob("*/metrics.json")))
    config, jobs = read_yaml(source / "config.yaml"), list[Job]()
    for seed in range(MANY):
        theirs = {**config, "seed": seed}
        there = Path("many") / run_name(theirs)
        there.mkdir(parents=True)
        for name in ("metrics.json", "environment.json"):
            shutil.copy(source / name, there / name)
        jobs.append(Job(theirs, Path("build") / STUDY / "data", there))
    started = time.perf_counter()
    run_all(jobs, Local(2), "many")
    tell(seconds=time.perf_counter() - started)


def multiply(folder: Path) -> None:
    """Write the evaluation of 10,000 runs: five methods, twenty budgets, a hundred seeds."""
    build, many = folder / "build" / STUDY, folder / "build" / "many"
    evaluation, study = read_json(build / "evaluation.json"), read_yaml(build / PLAN)
    first, plan, draw = evaluation["runs"][0], study["runs"][0], random.Random(0)  # noqa: S311
    (choices,) = study["overrides"]["scratch"]["transfers"].values()
    runs, declared, study["overrides"] = [], [], {}
    for method in METHODS:
        transfer = "scratch" if method == "scratch" else "finetune"
        study["overrides"][method] = {"pretrain": None, "transfers": {transfer: choices}}
        for labels, seed in product(range(50, 1050, 50), range(100)):
            names = {"strategy": method, "transfer": transfer, "labels": labels, "seed": seed}
            measures = {k: v * draw.uniform(0.9, 1.1) for k, v in first["measures"].items()}
            runs.append({**first, **names, "measures": measures})
            declared.append({**plan, **names, "runs": {"as it is": first["run"]}})
    study |= {"runs": declared, "seeds": list(range(100))}
    shutil.copytree(build / "data", many / "data")
    write_compact(many / "evaluation.json", {**evaluation, "runs": runs})
    write_yaml(many / PLAN, study)


def make_report(folder: Path) -> None:
    """Write the report of the 10,000 runs."""
    os.chdir(folder)
    many, started = Path("build") / "many", time.perf_counter()
    write_report = runpy.run_path(str(ROOT / "pipelines" / "compare.py"))["report"]
    write_report("many", many, Path("reports") / "many")
    size = (Path("reports") / "many" / "index.html").stat().st_size
    tell(seconds=time.perf_counter() - started, told=f"; a page of {size / 1e6:.1f} MB")


def tell(**found: Any) -> None:
    """Print what was found, and the memory, for the process above."""
    print(json.dumps({**found, "memory": peak_memory()}))


def measure_workers(folder: Path) -> Row:
    """Train runs of some seconds with one worker and with two, in turn."""
    source = next(path.parent for path in sorted((folder / "runs").glob("*/metrics.json")))
    config = read_yaml(source / "config.yaml") | LONG
    ratios, seconds = list[float](), dict[int, float]()
    for number in range(3):
        for workers in (1, 2) if number % 2 == 0 else (2, 1):
            jobs = [
                Job(
                    {**config, "seed": seed},
                    folder / "build" / STUDY / "data",
                    folder / f"timed-{number}-{workers}" / str(seed),
                )
                for seed in range(4)
            ]
            started = time.perf_counter()
            run_all(jobs, Local(workers), "timed")
            seconds[workers] = time.perf_counter() - started
        ratios.append(seconds[1] / seconds[2])
    pairs = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
    told = f"4 runs, last pair {seconds[1]:.1f} s and {seconds[2]:.1f} s; ratios {pairs}"
    return Row("two workers", round(statistics.median(ratios), 2), "times one", told, "≥ 1.7")


if __name__ == "__main__":
    main()
