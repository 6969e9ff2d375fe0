"""Runs as jobs of a real SLURM of one node, which the test starts.

`pytest -m engine tests/launching`; SLURM and munge have to be installed.
"""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from jobs import LONG, SHORT, has_begun, job, long_jobs, meanwhile, wait_until
from running import bits
from slurm_cluster import cluster, kill_node, missing, start_node

from narrows import runs
from narrows.cli import main
from narrows.errors import UserError
from narrows.launching.local import Local
from narrows.launching.slurm import Slurm
from narrows.workers import run_all

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("slurm")]
pytest.importorskip("submitit")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Start the cluster; the value is its folder."""
    if lacking := missing():
        pytest.skip(f"{', '.join(lacking)} is not installed")
    folder = tmp_path_factory.mktemp("slurm")
    with cluster(folder):
        yield folder


@pytest.fixture
def slurm(node, tmp_path, monkeypatch):
    """Return a launcher in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Slurm(memory_gb=1, minutes=5)


@pytest.fixture(scope="module")
def straight(tmp_path_factory, digits_folder):
    """Return the bits of two long runs from processes here."""
    return here(tmp_path_factory.mktemp("here"), digits_folder, LONG, 2)


def here(root, data, words, n):
    jobs = [job(root, data, *words, f"seed={seed}") for seed in range(n)]
    run_all(jobs, Local(2), "here")
    return [bits(j.folder) for j in jobs]


def test_runs_of_one_array_end_in_the_bits_of_workers_here(slurm, tmp_path, digits_folder):
    jobs = [job(tmp_path / "there", digits_folder, *SHORT, f"seed={seed}") for seed in range(3)]
    bad = job(tmp_path, digits_folder, *SHORT, "optimizer=sgd", "optimizer.lr=1e30", "epochs=3")
    ((name, reason),) = run_all([bad, *jobs], slurm, "test").items()
    assert name == bad.folder.name
    assert re.match(r"training diverged: .*; lower optimizer.lr$", reason)
    assert [bits(j.folder) for j in jobs] == here(tmp_path / "here", digits_folder, SHORT, 3)
    scripts = [p.read_text() for p in Path("runs/slurm").glob("*_submission.sh")]
    assert len(scripts) == 1
    assert "--array=0-3%4" in scripts[0]
    assert run_all(jobs, slurm, "again") == {}
    assert len(list(Path("runs/slurm").glob("*_submission.sh"))) == 1


def test_a_sweep_finds_the_trials_of_workers_here(node, tmp_path, monkeypatch):
    words = ["sweep", "trainer=cpu", "tracker=none", "epochs=2", "steps_per_epoch=4",
             "sweep.trials=3", "sweep.startup=2", "sweep.seeds=[0,1]"]  # fmt: skip
    found = []
    for folder, launcher in (("here", []), ("there", ["launcher=slurm", "launcher.memory_gb=1"])):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        assert main([*words, *launcher]) == 0
        trained = sorted(Path("runs").glob("*-seed*"))
        results = Path("reports/sweeps/digits/results.json").read_text()
        found.append(({path.name: bits(path) for path in trained}, results))
    assert len(found[0][0]) == 6
    assert found[0] == found[1]
    assert list(Path("runs/slurm").glob("*_submission.sh"))


def test_a_node_that_dies_has_its_runs_taken_up_again(
    slurm, node, straight, tmp_path, digits_folder
):
    jobs = long_jobs(tmp_path / "there", digits_folder, 2)
    begun = {}

    def lose_power():
        wait_until(lambda: all(map(has_begun, jobs)))
        kill_node(node)
        assert not any((j.folder / runs.METRICS).exists() for j in jobs)
        begun.update({j.folder: (j.folder / runs.RESUME).stat().st_mtime_ns for j in jobs})
        time.sleep(1)
        assert all((j.folder / runs.RESUME).stat().st_mtime_ns == begun[j.folder] for j in jobs)
        start_node()

    with meanwhile(lose_power):
        run_all(jobs, slurm, "test")
    assert len(begun) == 2
    assert [bits(j.folder) for j in jobs] == straight


def test_a_preempted_job_goes_on(slurm, straight, tmp_path, digits_folder):
    (run,) = long_jobs(tmp_path / "there", digits_folder, 1)

    def preempt():
        wait_until(lambda: has_begun(run))
        (name,) = {p.name.split("_0_")[0] for p in Path("runs/slurm").glob("*_log.out")}
        subprocess.run(["scontrol", "requeue", name], check=True)
        assert not (run.folder / runs.METRICS).exists()

    with meanwhile(preempt):
        run_all([run], slurm, "test")
    assert [bits(run.folder)] == straight[:1]
    (log,) = Path("runs/slurm").glob("*_log.err")
    assert "Bypassing signal SIGTERM" in log.read_text()


def test_a_killed_job_is_told_and_the_same_command_goes_on(
    slurm, straight, tmp_path, digits_folder, monkeypatch
):
    monkeypatch.setattr("narrows.launching.slurm._ASK_SECONDS", 1.0)
    killed, *others = long_jobs(tmp_path / "there", digits_folder, 2)

    def kill():
        wait_until(lambda: has_begun(killed))
        subprocess.run(["pkill", "-KILL", "-f", "submitit.core._submit"], check=True)

    message = rf"2 of 2 runs failed; {killed.folder.name}: SLURM job \d+(_\d)?: it ended without a "
    with pytest.raises(UserError, match=message), meanwhile(kill):
        run_all([killed, *others], slurm, "test")
    run_all([killed, *others], Slurm(memory_gb=1, minutes=5), "test")
    assert [bits(killed.folder), bits(others[0].folder)] == straight


def test_what_slurm_refuses_is_told_in_a_line(node, tmp_path, digits_folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^launcher=slurm: .*Invalid partition") as told:
        run_all([job(tmp_path, digits_folder, *SHORT)], Slurm(partition="nowhere"), "test")
    assert "\n" not in str(told.value)


def test_ctrl_c_cancels(slurm, tmp_path, digits_folder):
    jobs = long_jobs(tmp_path / "there", digits_folder, 2)

    def begun():
        wait_until(lambda: has_begun(jobs[0]))
        os.kill(os.getpid(), 2)

    with pytest.raises(KeyboardInterrupt), meanwhile(begun):
        run_all(jobs, slurm, "test")
    wait_until(lambda: not subprocess.check_output(["squeue", "-h"]))
    assert not any((j.folder / runs.METRICS).exists() for j in jobs)
