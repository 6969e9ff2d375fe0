"""A SLURM of one node on this machine, with everything it writes in a folder of the test's own."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
# Node and controller find out soon that the other is gone.
CONFIG = """
ClusterName=local
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmUser={user}
SlurmdUser={user}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
JobRequeue=1
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ctld}
SlurmdPort={d}
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1
KillWait=2
SlurmdTimeout=5
SlurmctldTimeout=5
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """Return the programs of SLURM that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def cluster(folder):
    """Run a SLURM of one node with two processors; SLURM_CONF names its configuration."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    config = folder / "slurm.conf"
    config.write_text(
        CONFIG.format(
            host=socket.gethostname(),
            user=psutil.Process().username(),
            folder=folder,
            ctld=_free_port(),
            d=_free_port(),
        )
    )
    before = os.environ.get("SLURM_CONF")
    os.environ["SLURM_CONF"] = str(config)
    try:
        _start_munge(folder)
        subprocess.run(["slurmctld", "-c"], check=True)
        start_node()
        yield
    finally:
        for pid in ("slurmctld", "slurmd", "munged"):
            _kill(folder / f"{pid}.pid")
        os.environ.pop("SLURM_CONF")
        if before is not None:
            os.environ["SLURM_CONF"] = before


def start_node():
    """Start the node's server and wait until it takes jobs."""
    subprocess.run(["slurmd"], check=True)
    deadline = time.monotonic() + 60
    while "idle" not in _output("sinfo", "-h", "-o", "%T"):
        assert time.monotonic() < deadline, _output("sinfo", "-R")
        time.sleep(0.2)


def kill_node(folder):
    """End the node's server and all of its jobs, as a loss of power does."""
    _kill(folder / "slurmd.pid")
    # The one above a job first: it would tell the controller that the job has failed.
    steps = [p for p in psutil.process_iter(["name"]) if p.info["name"] == "slurmstepd"]
    for process in [*steps, *(child for step in steps for child in step.children(recursive=True))]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _start_munge(folder):
    # The server wants its folders closed to others.
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    command = ["munged", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket"]
    command += [f"--{name}-file={folder}/munged.{name}" for name in ("pid", "log", "seed")]
    subprocess.run(command, check=True, capture_output=True)


def _kill(path):
    with suppress(FileNotFoundError, psutil.NoSuchProcess, ValueError):
        process = psutil.Process(int(path.read_text()))
        process.kill()
        process.wait(10)


def _output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
