"""Runs side by side: none depends on another, and nothing is lost or left over when one ends."""

import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psutil
import pytest
from jobs import LONG, SHORT, has_begun, has_ended, job, long_jobs, meanwhile, wait_until
from running import RESULTS, bits, wait_for

from narrows import runs
from narrows.errors import UserError
from narrows.launching.local import Local
from narrows.workers import run_all

SECONDS = 5.0

SCRIPT = """
import pickle, sys
from narrows.errors import exit_code
from narrows.launching.local import Local
from narrows.workers import run_all
jobs = pickle.load(open(sys.argv[1], "rb"))
sys.exit(exit_code(lambda: run_all(jobs, Local(2), "test")))
"""


@contextmanager
def launched(root, jobs):
    """Start run_all on the jobs in a process group of its own."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "jobs").write_bytes(pickle.dumps(jobs))
    with (root / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(root / "jobs")],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def told(root):
    """Return what was said on stderr, but for the progress."""
    lines = (root / "stderr").read_text().splitlines(keepends=True)
    return "".join(line for line in lines if " %, " not in line)


def family(process):
    """Return the processes that `process` has started, at any depth."""
    return psutil.Process(process.pid).children(recursive=True)


def worker_of(job):
    """Return the process that holds the job's folder."""
    for process in psutil.Process().children(recursive=True):
        if any(f.path == str(job.folder / ".lock") for f in process.open_files()):
            return process
    raise AssertionError("no process trains this job")


def test_results_do_not_depend_on_the_number_of_workers(tmp_path, digits_folder):
    found = []
    for workers in (1, 3):
        root = tmp_path / str(workers)
        first = [
            job(root, digits_folder, *SHORT, *words, f"seed={seed}")
            for words in (["epochs=3", "encoder.dropout=0.2"], ["task=denoising"])
            for seed in (0, 1)
        ]
        labelled = [*SHORT, "task=multi_label", "loss=logistic", "labels=50"]
        second = [
            job(root, digits_folder, *labelled, "transfer=finetune", pretrained=first[2]),
            job(root, digits_folder, *labelled, "transfer=scratch"),
        ]
        run_all(first, Local(workers), "first")
        run_all(second, Local(workers), "second")
        found.append({j.folder.name: bits(j.folder) for j in first + second})
    assert len(found[0]) == 6
    assert found[0] == found[1]


def test_no_jobs():
    run_all([], Local(2), "none")


def test_finished_runs_start_no_process_and_import_no_torch(tmp_path, digits_folder):
    jobs = [job(tmp_path, digits_folder, *SHORT)]
    run_all(jobs, Local(1), "first")
    script = (
        f"{SCRIPT.replace('sys.exit(', 'code = (')}assert code == 0 and 'torch' not in sys.modules"
    )
    (tmp_path / "jobs").write_bytes(pickle.dumps(jobs))
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "jobs")], check=True)
    (jobs[0].folder / runs.CONFIG).unlink()
    (jobs[0].folder / runs.METRICS).unlink()
    run_all(jobs, Local(1), "again")
    assert (jobs[0].folder / runs.CONFIG).is_file()


def test_a_failing_run_is_named_and_does_not_stop_the_others(tmp_path, digits_folder):
    bad = job(tmp_path, digits_folder, *SHORT, "optimizer=sgd", "optimizer.lr=1e30", "epochs=3")
    good = [job(tmp_path, digits_folder, *SHORT, f"seed={seed}") for seed in range(3)]
    ((name, reason),) = run_all([bad, *good], Local(1), "test").items()
    assert name == bad.folder.name
    assert re.match(r"training diverged: .*; lower optimizer.lr$", reason)
    assert not (bad.folder / runs.METRICS).exists()
    assert all((j.folder / name).is_file() for j in good for name in RESULTS)


def test_a_killed_worker_is_told_and_its_run_goes_on_later(tmp_path, digits_folder):
    killed = job(tmp_path, digits_folder, *LONG)
    others = [job(tmp_path, digits_folder, *SHORT, f"seed={seed}") for seed in range(3)]

    def kill():
        wait_until(lambda: has_begun(killed))
        worker_of(killed).kill()

    message = f"1 of 4 runs failed; {killed.folder.name}: its process was killed"
    with pytest.raises(UserError, match=message), meanwhile(kill):
        run_all([killed, *others], Local(2), "test")
    assert has_begun(killed)
    assert all((j.folder / runs.METRICS).is_file() for j in others)
    before = {j.folder: (j.folder / runs.WEIGHTS).stat().st_mtime_ns for j in others}
    run_all([killed, *others], Local(2), "test")
    assert (killed.folder / runs.METRICS).is_file()
    assert before == {j.folder: (j.folder / runs.WEIGHTS).stat().st_mtime_ns for j in others}
    straight = job(tmp_path / "straight", digits_folder, *LONG)
    run_all([straight], Local(1), "test")
    assert bits(killed.folder) == bits(straight.folder)


def test_a_run_that_hangs_is_ended_and_the_others_go_on(tmp_path, digits_folder):
    hanging = job(tmp_path, digits_folder, *LONG)
    others = [job(tmp_path, digits_folder, *SHORT, f"seed={seed}") for seed in (1, 2)]
    stopped = []

    def stop():
        wait_until(lambda: has_begun(hanging))
        stopped.append(worker_of(hanging))
        stopped[0].suspend()

    message = f"1 of 3 runs failed; {hanging.folder.name}: it took more than launcher.minutes=0.25$"
    with pytest.raises(UserError, match=message), meanwhile(stop):
        run_all([hanging, *others], Local(2, minutes=0.25), "test")
    assert has_ended(stopped[0])
    assert all((j.folder / runs.METRICS).is_file() for j in others)
    run_all([hanging, *others], Local(2), "test")
    assert (hanging.folder / runs.METRICS).is_file()


def test_what_the_system_says_is_told_for_three_runs_and_without_a_traceback(
    tmp_path, digits_folder, capfd
):
    # No folder can be made below a file.
    (tmp_path / "file").touch()
    jobs = [job(tmp_path / "file", digits_folder, *SHORT, f"seed={seed}") for seed in range(5)]
    with pytest.raises(UserError) as told:
        run_all(jobs, Local(1), "test")
    told_of = [f"{j.folder.name}: [Errno 20] Not a directory: '{j.folder}'" for j in jobs[:3]]
    assert str(told.value) == f"5 of 5 runs failed; {'; '.join(told_of)} and 2 more"
    assert "Traceback" not in capfd.readouterr().err


ONE_SERVER = """
import os
from pathlib import Path
from narrows.launching.job import Job
from narrows.launching.local import Local
from narrows.wandb_service import LOGGER
from narrows.workers import run_all

if __name__ == "__main__":
    config = {"tracker": {"_target_": LOGGER}}
    jobs = [Job(config, Path(), Path(name), module="noting") for name in "ab"]
    run_all(jobs, Local(1), "test")
"""


def test_workers_know_that_wandb_cannot_be_reached(tmp_path):
    (tmp_path / "noting.py").write_text(
        "import os\n"
        "def train(config, data, folder, progress, pretrained):\n"
        "    folder.with_suffix('.mode').write_text(os.environ['WANDB_MODE'])\n"
    )
    (tmp_path / "script.py").write_text(ONE_SERVER)
    env = {k: v for k, v in os.environ.items() if not k.startswith("WANDB")}
    env |= {"WANDB_BASE_URL": "http://127.0.0.1:1", "WANDB_API_KEY": 40 * "0"}
    env["PYTHONPATH"] = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "script.py"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("W&B cannot be reached; logging offline") == 1
    assert [(tmp_path / f"{name}.mode").read_text() for name in "ab"] == ["offline", "offline"]


def test_ctrl_c_ends_everything_and_the_same_command_goes_on(tmp_path, digits_folder):
    jobs = long_jobs(tmp_path, digits_folder, 3)
    with launched(tmp_path, jobs) as process:
        wait_for(lambda: has_begun(jobs[0]) and has_begun(jobs[1]), process)
        children = family(process)
        assert len(children) >= 3
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(SECONDS) == 130
    wait_until(lambda: all(map(has_ended, children)), SECONDS)
    message = "narrows: stopped; the same command goes on from here\n"
    assert told(tmp_path) == message
    assert not (jobs[2].folder / runs.METRICS).exists()
    run_all(jobs, Local(2), "test")
    assert all((j.folder / runs.METRICS).is_file() for j in jobs)


def test_ctrl_c_while_libraries_are_imported(tmp_path, digits_folder):
    jobs = long_jobs(tmp_path, digits_folder, 2)
    with launched(tmp_path, jobs) as process:
        wait_for(lambda: len(family(process)) >= 2, process)
        time.sleep(0.3)
        children = family(process)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(SECONDS) == 130
    # The fork server sees that it is alone once its imports are done.
    wait_until(lambda: all(map(has_ended, children)), 30)
    message = "narrows: stopped; the same command goes on from here\n"
    assert told(tmp_path) == message


def test_workers_end_with_a_killed_parent(tmp_path, digits_folder):
    jobs = long_jobs(tmp_path, digits_folder, 2)
    with launched(tmp_path, jobs) as process:
        wait_for(lambda: all(map(has_begun, jobs)), process)
        children = family(process)
        process.kill()
        # On a busy machine they take a while to be told.
        wait_until(lambda: all(map(has_ended, children)), 6 * SECONDS)
    assert not any((j.folder / runs.METRICS).exists() for j in jobs)


def test_two_processes_at_the_same_runs_compute_each_once(tmp_path, digits_folder):
    jobs = [
        job(tmp_path, digits_folder, *SHORT, "epochs=20", "steps_per_epoch=50", f"seed={seed}")
        for seed in range(3)
    ]
    written = {j.folder: set() for j in jobs}
    done = threading.Event()

    def watch():
        # A file that is moved into place again has another inode.
        while not done.wait(0.002):
            for folder, seen in written.items():
                path = folder / runs.WEIGHTS
                if path.is_file():
                    seen.add(path.stat().st_ino)

    with launched(tmp_path, jobs) as other, meanwhile(watch):
        try:
            wait_for(lambda: has_begun(jobs[0]), other)
            run_all(jobs, Local(2), "test")
            assert other.wait(60) == 0
        finally:
            done.set()
    lines = told(tmp_path).splitlines()
    assert all(line.endswith("is in use by another process; waiting for it") for line in lines)
    assert all((j.folder / runs.METRICS).is_file() for j in jobs)
    assert {len(seen) for seen in written.values()} == {1}
