"""Weights & Biases: everything is there offline, nothing secret, and nothing in the way."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import wandb
from PIL import Image
from running import (
    SMALL,
    bits,
    code_of_train,
    history,
    items,
    launch,
    records,
    run_folder,
    train,
    wandb_files,
)

from narrows import tracking, wandb_service
from narrows.files import read_yaml
from narrows.picture_log import due

pytestmark = pytest.mark.xdist_group("tracking")

QUICK = [*SMALL, "task=denoising", "epochs=3"]
TRACKED = [*QUICK, "tracker.group=a study", "tracker.job_type=pretrain"]
KEY = "0123456789abcdef" * 2 + "01234567"


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """The folder of a run that was tracked offline, with a key and the user's home at hand."""
    work = tmp_path_factory.mktemp("offline")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WANDB_MODE", "offline")
        patched.setenv("WANDB_API_KEY", KEY)
        patched.setenv("HOME", str(work / "home"))
        for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            patched.delenv(name, raising=False)
        before = {k for k in os.environ if k.startswith("WANDB")}
        folder = train(work, *TRACKED)
        # WANDB_SERVICE is how W&B finds its process again.
        assert {k for k in os.environ if k.startswith("WANDB")} - before <= {
            "WANDB_SERVICE", "WANDB_ERROR_REPORTING"
        }  # fmt: skip
        assert wandb.run is None
    return folder


@pytest.fixture(scope="module")
def held(offline):
    """The records of its .wandb file."""
    (path,) = wandb_files(offline)
    return list(records(path))


def rows(held):
    return [items(r.history.item) for r in held if r.HasField("history")]


def test_identity(offline, held):
    runs = [r.run for r in held if r.HasField("run")]
    assert {r.run_id for r in runs} == {offline.name}
    assert {r.display_name for r in runs} == {offline.name}
    assert {r.run_group for r in runs} == {"a study"}
    assert {r.job_type for r in runs} == {"pretrain"}
    assert {r.project for r in runs} == {"narrows"}
    assert [r.exit.exit_code for r in held if r.HasField("exit")] == [0]


def test_resolved_config_is_under_one_key(offline, held):
    config = {}
    for record in held:
        if record.HasField("run"):
            config |= items(record.run.config.update)
        elif record.HasField("config"):
            config |= items(record.config.update)
    config.pop("_wandb", None)
    assert config == {"run": read_yaml(offline / "config.yaml")}


def test_epochs_are_those_of_history_csv(offline, held):
    found = {}
    for row in rows(held):
        for name in ("train/loss", "val/sse", "val/psnr"):
            if name in row and "epoch" in row:
                assert (row["epoch"], name) not in found
                found[row["epoch"], name] = (row[name], row["trainer/global_step"])
    lines = history(offline)
    assert len(lines) == 3
    assert len(found) == 9
    for line in lines:
        for name in ("train/loss", "val/sse", "val/psnr"):
            value, step = found[line["epoch"], name]
            assert value == pytest.approx(line[name], rel=1e-6)
            assert step == line["step"]


def test_final_metrics_and_examples(offline, held):
    import json

    final = json.loads((offline / "metrics.json").read_text())
    last = {}
    for row in rows(held):
        last |= row
    for name, value in final.items():
        assert last[name] == pytest.approx(value)
    table = {name: last[f"examples/{name}"] for name in ("_type", "nrows", "ncols")}
    assert table == {"_type": "table-file", "nrows": 8, "ncols": 3}
    (stored,) = (offline / "wandb").glob("offline-run-*/files/media/table/*.json")
    assert json.loads(stored.read_text())["columns"] == ["original", "corrupted", "output"]


def test_pictures_of_each_evaluation(offline, held):
    logged = [row for row in rows(held) if "pictures/_type" in row]
    assert [row["trainer/global_step"] for row in logged] == [r["step"] for r in history(offline)]
    (files,) = (offline / "wandb").glob("offline-run-*/files")
    for row in logged:
        assert row["pictures/caption"] == "rows: original, corrupted, output"
        with Image.open(files / row["pictures/path"]) as picture:
            # Names, and eight digits of 8 x 8 pixels, enlarged 8 times, with gaps of 1.
            assert picture.height == 8 * (3 * 8 + 2)
            names = picture.width - 8 * (8 * 8 + 7)
            assert 50 < names < 150
            left = np.asarray(picture.convert("L"))[:, :names]
            assert [(part < 128).any() for part in np.array_split(left, 3)] == 3 * [True]


def test_pictures_are_logged_about_ten_times():
    assert [e for e in range(1, 121) if due(e, 120)] == [1, *range(12, 121, 12)]
    assert [e for e in range(1, 26) if due(e, 25)] == [1, *range(3, 25, 3), 25]


def test_artifacts(offline, held):
    artifacts = {a.type: a for a in (r.artifact for r in held if r.HasField("artifact"))}
    assert artifacts["dataset"].name == "dataset-Digits"
    model = artifacts["model"]
    assert model.name == f"encoder-{offline.name}"
    assert {e.path for e in model.manifest.contents} == {"model.safetensors", "config.yaml"}
    assert "Denoising" in model.metadata
    assert "dataset-Digits" in model.metadata


def test_copies_of_artifacts_are_in_the_runs_folder(offline, held):
    home = offline.parents[1] / "home"
    assert not [p for p in home.rglob("*") if p.is_file() and "artifacts" in p.parts]
    for record in held:
        if record.HasField("artifact"):
            for entry in record.artifact.manifest.contents:
                assert Path(entry.local_path).is_file()
                assert Path(entry.local_path).is_relative_to(offline.resolve())


def test_key_is_in_no_file(offline):
    work = offline.parents[1]
    files = [p for p in work.rglob("*") if p.is_file()]
    assert any(p.suffix == ".wandb" for p in files)
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path


def test_no_tracker_no_folder_and_the_same_run(offline, tmp_path):
    folder = train(tmp_path, *QUICK, "tracker=none")
    assert bits(folder) == bits(offline)
    assert not list(tmp_path.rglob("wandb"))
    assert len(history(folder)) == 3


def test_two_runs_in_one_process_are_two_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    folders = [train(tmp_path, *QUICK, f"seed={seed}") for seed in (0, 1)]
    for folder in folders:
        (path,) = wandb_files(folder)
        held = list(records(path))
        assert {r.run.run_id for r in held if r.HasField("run")} == {folder.name}
        assert len([row for row in rows(held) if "train/loss" in row]) == 3


def test_failed_run_is_closed(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    options = [*QUICK, "optimizer=sgd", "optimizer.lr=1e9"]
    assert code_of_train(tmp_path, *options) == 2
    assert wandb.run is None
    (path,) = wandb_files(run_folder(tmp_path, *options))
    # Its process may still be writing.
    wandb.teardown()
    assert [r.exit.exit_code for r in records(path) if r.HasField("exit")] == [1]
    train(tmp_path, *QUICK)


def test_disabled(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "disabled")
    folder = train(tmp_path, *QUICK)
    assert wandb_files(folder) == []


def test_unreachable_server_is_not_in_the_way(offline, tmp_path):
    started = time.monotonic()
    # The port is closed: nothing leaves this machine.
    process = launch(
        tmp_path,
        *TRACKED,
        before="from narrows import wandb_service; wandb_service._INIT_SECONDS = 3",
        env={
            "WANDB_BASE_URL": "http://127.0.0.1:1",
            "WANDB_API_KEY": KEY,
            "WANDB_MODE": "online",
            "HOME": str(tmp_path / "home"),
        },
    )
    assert process.wait(90) == 0
    assert time.monotonic() - started < 60
    assert "W&B cannot be reached; logging offline" in (tmp_path / "stderr").read_text()
    folder = tmp_path / "runs" / offline.name
    assert bits(folder) == bits(offline)
    (path,) = wandb_files(folder)
    held = list(records(path))
    assert {r.run.run_id for r in held if r.HasField("run")} == {folder.name}
    assert len([row for row in rows(held) if "train/loss" in row]) == 3
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


def test_what_wandb_fails_at_is_told_with_what_sends_it_later(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("WANDB_MODE", "offline")
    close = tracking.close

    def closing(logger):
        close(logger)
        raise RuntimeError("no answer")

    monkeypatch.setattr(tracking, "close", closing)
    # Of a seed of its own: W&B's process knows those of the other tests.
    folder = train(tmp_path, *TRACKED, "seed=7")
    assert bits(folder)
    told, command = capfd.readouterr().err.strip().split(": wandb sync ")
    assert told.endswith(
        "W&B: no answer; the run's own files are complete; to send what was logged"
    )
    pattern = command.removeprefix("--include-online ")
    assert [p.parent for p in wandb_files(folder)] == list(tmp_path.glob(pattern))


@pytest.mark.parametrize("seconds", [0, 0.5])
def test_slow_end_is_told(monkeypatch, capsys, seconds):
    monkeypatch.setattr(tracking, "_SLOW_SECONDS", 0.1)
    ended = []

    def finish(exit_code):
        time.sleep(seconds)
        ended.append(exit_code)

    logger = SimpleNamespace(experiment=SimpleNamespace(finish=finish))
    tracking.close(logger, failed=True)
    time.sleep(0.2)
    assert ended == [1]
    told = capsys.readouterr().err
    assert told == (
        "waiting for W&B to send what was logged, 30 seconds at most\n" if seconds else ""
    )


@pytest.fixture
def no_login(tmp_path, monkeypatch):
    """An environment without a key, with its netrc file at a known place."""
    for name in ("WANDB_API_KEY", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    return tmp_path / "netrc"


@pytest.mark.parametrize(
    ("netrc", "env", "expected"),
    [
        (None, {}, False),
        (None, {"WANDB_API_KEY": KEY}, True),
        ("machine api.wandb.ai login user password x\n", {}, True),
        ("machine api.wandb.ai login user password x\n", {"WANDB_BASE_URL": "https://my"}, False),
        ("machine my login user password x\n", {"WANDB_BASE_URL": "https://my:80/x"}, True),
        ("machine elsewhere login user password x\n", {}, False),
        ("what is this?", {}, False),
    ],
)
def test_login(no_login, monkeypatch, netrc, env, expected):
    if netrc:
        no_login.write_text(netrc)
        no_login.chmod(0o600)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert wandb_service.has_login() is expected


def test_unknown_lineage_is_told_not_raised(offline, tmp_path, capsys):
    """Online, W&B may not know the pretrained run's artifact, e.g. since that run was offline."""

    def use_artifact(artifact):
        raise wandb.errors.CommError("artifact not found")

    logged = []
    experiment = SimpleNamespace(
        offline=False,
        disabled=False,
        dir=str(tmp_path / "run" / "files"),
        use_artifact=use_artifact,
        log_artifact=lambda artifact: logged.append(artifact.type),
    )
    (data,) = (p for p in (offline.parents[1] / "data").iterdir() if p.name[0] != ".")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wandb.Artifact, "wait", lambda self, timeout=None: self)
        tracking.log_lineage(
            SimpleNamespace(experiment=experiment), data, offline, "x", "Denoising"
        )
    assert logged == ["dataset", "model"]
    assert "artifact not found" in capsys.readouterr().err
