"""What stages do that no study of this project shows: tables, and budgets that do not fit."""

import importlib.util

import numpy as np
import pytest
from helpers import ROOT, run, small_config

from narrows.build import make
from narrows.config import run_name
from narrows.errors import UserError
from narrows.files import read_json, write_json, write_yaml
from narrows.loading import PackedDataset
from narrows.packing import prepare
from narrows.study.stages import check_budgets


def stage(name):
    """A stage, as a module."""
    path = ROOT / "pipelines" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_table_is_measured_and_has_no_pictures(workdir):
    evaluate = stage("evaluate")
    rows = np.random.default_rng(0).normal(size=(60, 3)).round(3)
    lines = ["a,b,c,y", *(f"{a},{b},{c},{int(a > 0)}" for a, b, c in rows)]
    (workdir / "t.csv").write_text("\n".join(lines) + "\n")
    words = ["dataset=table", "dataset.path=t.csv", "dataset.labels=[y]", "decoder=linear"]
    config = small_config("encoder=pca", "encoder.code_size=2", *words)
    build = evaluate.BUILD / "s"
    prepare(make(config["dataset"]), config["dataset"], build / "data")
    run(config, build / "data", build / "pretrain" / "pca" / run_name(config))
    plan = {"pretrain": config, "seeds": [config["seed"]]}
    write_yaml(build / "configs" / "pretrain" / "pca.yaml", plan)
    test = {b: PackedDataset.open(build / "data", "test", b) for b in (False, True)}
    declared = {"study": "s", "pretraining": ["pca"]}
    entries, pictures = evaluate.evaluate_pretraining(declared, build, test)
    assert [entry["strategy"] for entry in entries] == ["pca"]
    # Two of three independent directions are kept.
    assert 0 < entries[0]["measures"]["sse"] < 3
    assert pictures == {}
    # DVC warns of an empty folder.
    assert read_json(build / "pictures" / "rows.json") == {}


def test_more_labels_than_there_are_is_told_before_anything_is_trained(workdir, digits_folder):
    folder = workdir / "s"
    folder.mkdir()
    (folder / "data").symlink_to(digits_folder)
    with pytest.raises(UserError, match="study s: labels has 1001, but the training part has 1000"):
        check_budgets(folder, [50, 1001])
    check_budgets(folder, [50, 1000])


def evaluated(monkeypatch, workdir, digits_folder, baselines):
    """Evaluate a study of one network, which has diverged, and of baselines."""
    build = workdir / "build" / "s"
    run = {"strategy": "scratch", "transfer": "scratch", "labels": 50, "seed": 0}
    declared = {"runs": [run | {"runs": {"as it is": "r"}, "pretrained": None}], "seeds": [0]}
    names = {"study": "s", "question": "q", "monitor": "average_precision", "pretraining": []}
    write_yaml(build / "configs" / "study.yaml", declared | names)
    write_yaml(build / "configs" / "baselines.yaml", {"baselines": []})
    chosen = {"scratch": {"50": {"choice": "as it is", "validation": {}}}}
    write_json(build / "finetune" / "scratch" / "chosen.json", chosen)
    write_json(build / "finetune" / "scratch" / "failed.json", {"r": "it diverged"})
    write_json(build / "baselines.json", baselines)
    (build / "data").symlink_to(digits_folder)
    monkeypatch.setattr("sys.argv", ["evaluate.py", "s"])
    stage("evaluate").main()
    return read_json(build / "evaluation.json")


def test_the_main_measure_is_known_where_no_network_has_finished(
    monkeypatch, workdir, digits_folder
):
    baseline = {"strategy": "svm", "measures": {"average_precision": 0.5}}
    found = evaluated(monkeypatch, workdir, digits_folder, [baseline])
    assert found["monitor"] == "average_precision"
    assert found["runs"] == [baseline]
    assert [run["failed"] for run in found["failed"]] == ["it diverged"]
