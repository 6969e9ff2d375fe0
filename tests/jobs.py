"""Runs to be trained by workers and launchers."""

import threading
import time
from contextlib import contextmanager

import psutil
from helpers import small_config

from narrows import runs
from narrows.config import run_name
from narrows.launching.job import Job

SHORT = ["encoder.hidden=[16]", "decoder.hidden=[16]", "encoder.code_size=8", "steps_per_epoch=4"]
LONG = [*SHORT, "epochs=25", "steps_per_epoch=100"]


def job(root, data, *overrides, pretrained=None):
    """Return the job of one run, below `root`."""
    config = small_config(*overrides)
    if pretrained is not None:
        config["pretrained"] = pretrained.folder.name
    name = run_name(config)
    return Job(config, data, root / name, pretrained and pretrained.folder)


def long_jobs(root, data, n):
    return [job(root, data, *LONG, f"seed={seed}") for seed in range(n)]


def has_begun(job):
    """Tell whether the job has a state to go on from."""
    return (job.folder / runs.RESUME).is_file()


@contextmanager
def meanwhile(work):
    """Do `work` beside the block; what it raises is raised at the block's end."""
    errors = []

    def body():
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    yield
    thread.join(60)
    assert not thread.is_alive()
    if errors:
        raise errors[0]


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def has_ended(process):
    """Tell whether a process has ended; who should bury it may be slow to do so."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
