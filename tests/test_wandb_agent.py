"""`wandb sweep` and `wandb agent` themselves, with a stand-in for W&B's server on this machine.

`pytest -m engine tests/test_wandb_agent.py`
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers import CONF
from wandb_server import ENTITY, KEY, PROJECT, SWEEP, serving

from narrows.files import read_json, read_yaml

pytestmark = pytest.mark.engine

BIN = Path(sys.executable).parent
FEW = [
    "dataset.train=400", "dataset.val=60", "dataset.test=60", "epochs=2", "steps_per_epoch=3",
    "trainer=cpu",
]  # fmt: skip
POINT = {
    "encoder.channels": "[16,32]",
    "encoder.code_size": 32,
    "labels": 200,
    "schedule": "cosine",
}
POINTS = [POINT | {"optimizer.lr": lr} for lr in (0.001, 0.004, 0.001)]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """What the server and the working folder hold once an agent has tried all points."""
    folder = tmp_path_factory.mktemp("swept")
    sweep = yaml.safe_load((CONF / "sweep/wandb/label_scenes.yaml").read_text())
    sweep["command"][-1:-1] = FEW
    (folder / "few.yaml").write_text(yaml.safe_dump(sweep))
    with serving(POINTS) as server:
        started = wandb(folder, server, "sweep", "few.yaml")
        line = f"wandb agent {ENTITY}/{PROJECT}/{SWEEP}"
        assert line in started.stderr
        server.agent = wandb(folder, server, *line.split()[1:])
    return server, folder


def wandb(folder, server, *words):
    environment = {
        **os.environ,
        **server.environment(),
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder / "home"),
    }
    done = subprocess.run(
        [BIN / "wandb", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_the_client_asks_for_nothing_that_the_stand_in_lacks(swept):
    server, _ = swept
    assert server.unknown == []
    assert {"UpsertSweep", "CreateAgent", "Heartbeat", "UpsertBucket"} <= set(server.asked)


def test_each_run_is_the_one_that_the_agent_made_in_its_sweep(swept):
    server, folder = swept
    assert list(server.runs) == ["made0", "made1", "made2"]
    assert any(beat == {"made1": True} for beat in server.heartbeats)
    for point, logged in zip(POINTS, server.runs.values(), strict=True):
        assert logged.start["sweep"] == SWEEP
        assert logged.exit_code == 0
        name = logged.start["displayName"]
        config = read_yaml(folder / "runs" / name / "config.yaml")
        assert logged.start["config"]["run"]["value"] == config
        assert config["optimizer"]["lr"] == point["optimizer.lr"]
        assert config["encoder"]["channels"] == [16, 32]


def test_the_metric_is_logged_for_each_epoch_and_at_the_end(swept):
    server, folder = swept
    name = read_yaml(folder / "few.yaml")["metric"]["name"]
    for logged in server.runs.values():
        measured = read_json(folder / "runs" / logged.start["displayName"] / "metrics.json")
        assert logged.summary[name] == pytest.approx(measured[name])
        assert {row["epoch"] for row in logged.history if name in row and "epoch" in row} == {1, 2}


def test_nothing_of_the_test_part_is_logged(swept):
    server, folder = swept
    for logged in server.runs.values():
        evaluated = read_json(folder / "runs" / logged.start["displayName"] / "evaluation.json")
        values = {value for value in logged.summary.values() if isinstance(value, float)}
        assert evaluated["average_precision"] not in values
        assert not [key for row in logged.history for key in row if "test" in key]


def test_a_run_that_was_finished_before_is_not_trained_again_and_tells_the_same(swept):
    server, folder = swept
    assert len(list((folder / "runs").glob("*/metrics.json"))) == 2
    assert server.agent.stderr.count("this run was finished before") == 1
    first, _, third = server.runs.values()
    kept = {k: v for k, v in third.summary.items() if k.startswith(("train/", "val/"))}
    assert len(kept) > 3
    assert kept == pytest.approx({k: first.summary[k] for k in kept})


def test_the_key_is_in_no_file(swept):
    _, folder = swept
    for file in folder.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file
