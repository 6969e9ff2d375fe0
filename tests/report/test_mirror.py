"""The table and the plots of a study in W&B."""

import json
import os
import subprocess
import sys

import pytest
from PIL import Image
from running import records, wandb_files
from studies import ROOT, build, comparison, declared, made_up

from narrows.files import write_yaml
from narrows.report import mirror

WANDB = {"_target_": "narrows.tracking.wandb_logger", "project": "mine", "group": "digits"}


def configs(folder, tracker):
    transfers = {"scratch": {"as it is": {"tracker": tracker}}}
    write_yaml(folder / "finetune/scratch.yaml", {"transfers": transfers})
    return folder


def test_tracker_is_that_of_the_runs(tmp_path):
    assert mirror.tracker_of(tmp_path) is None
    none = configs(tmp_path / "none", {"_target_": "narrows.tracking.no_logger"})
    assert mirror.tracker_of(none) is None
    assert mirror.tracker_of(configs(tmp_path / "wandb", WANDB)) == WANDB


def test_the_stage_logs_a_run_of_its_own(tmp_path):
    evaluation = made_up()
    build(tmp_path, evaluation, declared(evaluation))
    configs(tmp_path / "build/digits/configs", WANDB)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WANDB")}
    done = subprocess.run(
        [sys.executable, ROOT / "pipelines/compare.py", "digits"],
        cwd=tmp_path,
        env=environment | {"WANDB_MODE": "offline", "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "not in W&B" not in done.stderr
    folder = tmp_path / "runs/compare-digits"
    (path,) = wandb_files(folder)
    run = next(r.run for r in records(path) if r.HasField("run"))
    assert (run.run_id, run.run_group, run.job_type, run.project) == (
        "compare-digits", "digits", "compare", "mine",
    )  # fmt: skip
    media = path.parent / "files/media"
    (table,) = media.rglob("*.json")
    content = json.loads(table.read_text())
    assert content["columns"][:3] == ["labels", "method", "average_precision"]
    found = [(row[0], row[1], row[2]) for row in content["data"]]
    assert found == [
        (row.labels, row.name, pytest.approx(row.measures["average_precision"].mean))
        for row in comparison().rows
    ]
    row = comparison().at(200)[-1]
    cells = dict(zip(content["columns"], content["data"][2 * 7 - 1], strict=True))
    expected = {name: value.mean for name, value in row.measures.items()} | {
        "labels": 200, "weights": 150_000, "s of training": 1.25, "s of pretraining": 10.25,
        "memory, MB": row.memory, "p, sign flips": row.against.p_flips,
        "beats scratch": row.against.wins.mean,
    }  # fmt: skip
    assert {name: cells[name] for name in expected} == pytest.approx(expected)
    assert cells["labels saved"].endswith("×")
    pictures = {p.name.split("_")[0]: p for p in media.rglob("*.png")}
    assert set(pictures) == {"curves", "differences"}
    with Image.open(pictures["curves"]) as picture:
        assert picture.width > picture.height
    assert not list((tmp_path / "home").rglob("*.table.json"))


def test_what_fails_is_told(tmp_path, capsys, monkeypatch):
    def broken(*given):
        raise OSError("no space left")

    monkeypatch.setattr(mirror, "_log", broken)
    mirror.mirror(comparison(), {}, WANDB, tmp_path)
    assert capsys.readouterr().err == "the report is not in W&B: no space left\n"
