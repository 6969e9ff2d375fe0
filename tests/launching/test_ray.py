"""Runs as tasks of a real Ray on this machine, which the test starts.

`pytest -m engine tests/launching`; Ray has to be installed.
"""

import re

import psutil
import pytest
from jobs import LONG, SHORT, has_begun, job, meanwhile, wait_until
from running import bits

from narrows import runs
from narrows.errors import UserError
from narrows.launching.local import Local
from narrows.launching.ray import Ray
from narrows.workers import run_all

pytestmark = [
    pytest.mark.engine,
    pytest.mark.xdist_group("ray"),
    # Ray's own.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
pytest.importorskip("ray")


def test_runs_end_in_the_bits_of_workers_here(workdir, digits_folder):
    bad = job(workdir, digits_folder, *SHORT, "optimizer=sgd", "optimizer.lr=1e30", "epochs=3")
    found = []
    for name, launcher in (("there", Ray()), ("here", Local(2))):
        jobs = [job(workdir / name, digits_folder, *SHORT, f"seed={seed}") for seed in range(3)]
        ((failed, reason),) = run_all([bad, *jobs], launcher, name).items()
        assert failed == bad.folder.name
        assert re.match(r"training diverged: .*; lower optimizer.lr$", reason)
        found.append([bits(j.folder) for j in jobs])
    assert found[0] == found[1]


def test_a_worker_that_dies_has_its_run_taken_up_again(workdir, digits_folder):
    there, here = (job(workdir / name, digits_folder, *LONG) for name in ("there", "here"))
    killed = []

    def kill():
        wait_until(lambda: has_begun(there))
        for process in psutil.process_iter():
            if process.name().startswith("ray::_work"):
                process.kill()
                killed.append(process.pid)
        assert not (there.folder / runs.METRICS).exists()

    with meanwhile(kill):
        assert run_all([there], Ray(), "there") == {}
    assert len(killed) == 1
    run_all([here], Local(1), "here")
    assert bits(there.folder) == bits(here.folder)


def test_what_there_is_not_is_told_in_a_line():
    with pytest.raises(UserError, match=r"^launcher.address=127.0.0.1:1: ") as told:
        Ray(address="127.0.0.1:1")
    assert "\n" not in str(told.value)
    with pytest.raises(UserError, match="the cluster has not 1 CPUs and 9 GPUs"):
        Ray(gpus=9)
