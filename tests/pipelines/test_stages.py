"""What stages do that no study of this project shows: tables, and budgets that do not fit."""

import importlib.util

import numpy as np
import pytest
from helpers import ROOT, run, small_config

from narrows.build import make
from narrows.config import run_name
from narrows.errors import UserError
from narrows.files import write_yaml
from narrows.loading import PackedDataset
from narrows.packing import prepare


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


def test_more_labels_than_there_are_is_told_before_anything_is_trained(workdir, digits_folder):
    folder = workdir / "s"
    write_yaml(folder / "configs" / "study.yaml", {"labels": [50, 1001]})
    (folder / "data").symlink_to(digits_folder)
    with pytest.raises(UserError, match="study s: labels has 1001, but the training part has 1000"):
        stage("prepare").check_budgets(folder)
    write_yaml(folder / "configs" / "study.yaml", {"labels": [50, 1000]})
    stage("prepare").check_budgets(folder)
