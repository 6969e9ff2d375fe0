"""What verbs make of a run, in W&B: an evaluation job of its own that names the weights it used."""

import json
from contextlib import chdir

import pytest
import wandb
from running import items, records, wandb_files
from trained import table, train

from narrows import runs, use_log
from narrows.cli import main
from narrows.files import read_yaml, write_yaml
from narrows.use_log import log_use

TRACKER = {"_target_": "narrows.tracking.wandb_logger", "project": "mine", "group": "tables"}


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """W&B without a network, ended afterwards."""
    for name in ("WANDB_DATA_DIR", "WANDB_SERVICE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    # Set by the code; removed with the others.
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    yield
    wandb.teardown()


def logged_to(folder, tracker):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / runs.CONFIG
    config = read_yaml(path) if path.is_file() else {}
    write_yaml(path, config | {"tracker": tracker})
    return folder


def logged(folder):
    """Return the records of each W&B run in a folder, which are all there once W&B has ended."""
    wandb.teardown()
    return [list(records(path)) for path in wandb_files(folder)]


def test_outliers_are_an_evaluation_job_beside_the_run(tmp_path, offline):
    words = ["task=reconstruction", "decoder=mlp", "decoder.hidden=[8]", "loss=squared_error"]
    name = train(tmp_path, "table", *words)
    folder = logged_to(tmp_path / runs.RUNS / name, TRACKER)
    table(tmp_path / "new.csv", 12, seed=1)
    with chdir(tmp_path):
        assert (
            main(["outliers", f"model={name}", "new.csv", "false_alarms=0.2", "-o", "scores.csv"])
            == 0
        )
    (held,) = logged(folder)
    run = next(r.run for r in held if r.HasField("run"))
    assert (run.run_group, run.job_type, run.project) == ("tables", "evaluation", "mine")
    assert run.run_id.startswith(f"{name}-outliers-")
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    assert config == config | {"model": name, "verb": "outliers"}
    # Its lineage, which W&B cannot look up offline.
    artifacts = {r.artifact.type: r.artifact for r in held if r.HasField("artifact")}
    artifact = artifacts["evaluation"]
    assert artifact.name == f"outliers-{name}"
    assert json.loads(artifact.metadata) == {"model": f"encoder-{name}"}
    files = {entry.path for entry in artifact.manifest.contents}
    assert files == {"scores.csv", "scores.html"}
    media = next(folder.glob("wandb/offline-run-*/files/media"))
    (content,) = (json.loads(p.read_text()) for p in media.rglob("*.table.json"))
    lines = (tmp_path / "scores.csv").read_text().splitlines()
    assert [",".join(row) for row in content["data"]] == lines[1:]
    (page,) = media.rglob("*.html")
    assert page.read_text() == (tmp_path / "scores.html").read_text()
    # No copies of tables or files: W&B keeps its own log there.
    assert {p.suffix for p in (tmp_path / "home").rglob("*") if p.is_file()} <= {".log"}


def test_numbers_are_the_summary_and_the_same_results_the_same_run(tmp_path, offline):
    folder = logged_to(tmp_path / "a-run", {**TRACKER, "group": None})
    file = tmp_path / "measures.json"
    file.write_text('{"precision": {"map": 0.5}, "names": ["a"], "n": 3}')
    log_use(folder, "map", [file])
    log_use(folder, "map", [file])
    file.write_text('{"n": 4}')
    log_use(folder, "map", [file])
    held = logged(folder)
    started = [next(r.run for r in each if r.HasField("run")) for each in held]
    assert len({run.run_id for run in started}) == 2
    assert {run.run_group for run in started} == {"a-run"}
    summary = {}
    for record in held[0]:
        summary |= items(record.summary.update)
    assert summary == summary | {"precision/map": 0.5, "n": 3}


def test_a_run_that_was_not_logged_is_not_now(tmp_path, monkeypatch):
    monkeypatch.setattr(use_log, "_log", lambda *given: pytest.fail("it was"))
    log_use(logged_to(tmp_path / "r", {"_target_": "narrows.tracking.no_logger"}), "map", [])


def test_what_fails_is_told_and_is_no_error(tmp_path, monkeypatch, capsys):
    def broken(*given):
        raise OSError("no space left")

    monkeypatch.setattr(use_log, "_log", broken)
    log_use(logged_to(tmp_path / "r", TRACKER), "map", [])
    assert capsys.readouterr().err == "map is not in W&B: no space left\n"
