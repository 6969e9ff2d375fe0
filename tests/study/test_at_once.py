"""A study's command given while another one is at it."""

import os
import signal
import subprocess
import sys

import pytest
from jobs import wait_until

# In place of DVC: it notes when it begins and ends, which is when it is let go.
DVC = """
import time
from pathlib import Path
with open("log", "a", buffering=1) as log:
    log.write("begins\\n")
    while not Path("go").exists():
        time.sleep(0.01)
    log.write("ends\\n")
"""


@pytest.fixture
def start(tmp_path):
    """Return a function that gives the command, its output going to a file of this name."""
    (tmp_path / "dvc").mkdir()
    (tmp_path / "dvc" / "__init__.py").touch()
    (tmp_path / "dvc" / "__main__.py").write_text(DVC)
    (tmp_path / "dvc.yaml").touch()
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    begun = []

    def start(name):
        with (tmp_path / name).open("w") as file:
            command = [sys.executable, "-m", "narrows", "study", "digits"]
            env = {**os.environ, "PYTHONPATH": path}
            begun.append(subprocess.Popen(command, cwd=tmp_path, env=env, stderr=file))
        return begun[-1]

    yield start
    (tmp_path / "go").touch()
    for process in begun:
        process.wait(30)


@pytest.mark.parametrize("killed", [False, True])
def test_the_second_waits_and_says_so_even_if_the_first_is_killed(start, tmp_path, killed):
    log, told = tmp_path / "log", tmp_path / "second"
    first = start("first")
    wait_until(log.is_file)
    if killed:
        first.kill()
        assert first.wait() == -signal.SIGKILL
    second = start("second")
    wait_until(lambda: "build/digits is in use by another process" in told.read_text())
    (tmp_path / "go").touch()
    # Neither finds a report, since DVC has made none.
    assert second.wait(30) != 0
    assert log.read_text().split() == ["begins", "ends", "begins", "ends"]
