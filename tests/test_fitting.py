"""A baseline's run: tuned on the validation part, measured on the test part, never made twice."""

import importlib.util
import json
import re
import shutil
import sys

import numpy as np
import pytest
import torch
from helpers import ROOT, node
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.preprocessing import StandardScaler

from narrows import fitting, inputs, runs
from narrows.config import run_name
from narrows.errors import FailedRunError, UserError
from narrows.files import read_json, write_yaml
from narrows.fitting import fit_mixed, train
from narrows.loading import PackedDataset, labelled_subset
from narrows.matrices import matrix, standardize
from narrows.sparse import SparseRows
from narrows.study.plan import baseline_configs, declared_baselines, known_baselines

TASK = node("task", "multi_label")


def config(name="linear", labels=60, seed=0, **task):
    return {
        "baseline": name, "dataset": {}, "task": TASK | task, "labels": labels, "seed": seed
    }  # fmt: skip


def fitted(folder, data, **options):
    shown = []
    assert train(config(**options), data, folder, lambda *told: shown.append(told))
    assert shown == [(i, 6, {}) for i in range(1, 7)]
    return read_json(folder / runs.EVALUATION)


def plain(data, labels, seed):
    """Return the parts as one would write it: x with one scale for all pixels, and y."""
    parts = {
        part: PackedDataset.open(data, part, labelled=True) for part in ("train", "val", "test")
    }
    parts["train"] = labelled_subset(parts["train"], labels, seed)
    pixels = {
        name: part.x.reshape(len(part), -1).double().numpy() / 255 for name, part in parts.items()
    }
    mean = pixels["train"].mean(0)
    deviation = (pixels["train"] - mean).std()
    return {
        name: ((pixels[name] - mean) / deviation, part.y.numpy()) for name, part in parts.items()
    }


def test_a_run_is_scikit_learn_tuned_on_the_validation_part(tmp_path, digits_folder):
    found = fitted(tmp_path / "run", digits_folder)
    parts = plain(digits_folder, 60, 0)
    (x, y), (x_val, y_val), (x_test, y_test) = parts["train"], parts["val"], parts["test"]
    scores = []
    for c in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0):
        models = [LogisticRegression(C=c, max_iter=2000).fit(x, column) for column in y.T]
        val, test = (
            np.stack([m.predict_proba(rows)[:, 1] for m in models], 1) for rows in (x_val, x_test)
        )
        scores.append((average_precision_score(y_val, val, average="macro"), c, test))
    best = max(scores, key=lambda score: score[0])
    assert found["options"] == {"c": best[1]}
    told = [(t["options"]["c"], t["val/average_precision"]) for t in found["tuning"]]
    assert np.allclose(told, [(c, score) for score, c, _ in scores], atol=1e-6)
    expected = average_precision_score(y_test, best[2], average="macro")
    assert found["measures"]["average_precision"] == pytest.approx(expected, abs=1e-6)
    f1 = f1_score(y_test, best[2] >= 0.5, average="micro")
    assert found["measures"]["micro_f1"] == pytest.approx(f1, abs=1e-6)
    assert found["weights"] == 10 * 65


@pytest.mark.parametrize("name", known_baselines())
def test_a_finished_run_is_kept(tmp_path, digits_folder, name):
    found = fitted(tmp_path, digits_folder, name=name)
    assert found["measures"]["average_precision"] > 0.5
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("[!.]*")}
    assert set(before) == {
        "config.yaml",
        "environment.json",
        "evaluation.json",
        "metrics.json",
    }
    assert not train(config(name), digits_folder, tmp_path, lambda *_: None)
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("[!.]*")}


def test_a_run_of_other_code_is_made_anew(tmp_path, digits_folder, monkeypatch):
    found = fitted(tmp_path, digits_folder)
    (tmp_path / runs.EVALUATION).write_text("{}")
    monkeypatch.setattr(inputs, "code_of_baseline", lambda name: f"another {name}")
    assert fitted(tmp_path, digits_folder) == found


class Half:
    """Predicts 1/2, and says what it was given."""

    def __init__(self):
        self.seen = []

    def fit(self, x, y):
        self.seen.append(y)
        yield fitting_model(y.shape[1], 0.25)
        yield fitting_model(y.shape[1], 0.75)


def fitting_model(k, value):
    from narrows.baselines.base import Model

    return Model(lambda x: np.full((len(x), k), value), 5)


def test_labels_of_one_kind_are_predicted_as_they_are():
    y = np.array([[0, 1, 1, 0], [0, 0, 1, 1], [0, 1, 1, 0]], np.uint8)
    x, baseline = np.zeros((3, 2)), Half()
    fit = fit_mixed(baseline, x, y, (x[:2], x[:1]))
    assert [seen.tolist() for seen in baseline.seen] == [y[:, [1, 3]].tolist()]
    assert fit.predictions[0].tolist() == [[0.0, 0.5, 1.0, 0.5]] * 2
    assert fit.predictions[1].tolist() == [[0.0, 0.5, 1.0, 0.5]]
    assert fit.weights == 2 + 5 + 5


@pytest.mark.parametrize("name", known_baselines())
def test_few_labels_of_one_kind_do_no_harm(tmp_path, digits_folder, name):
    # Three examples of three of the ten digits; then one, which leaves nothing to fit.
    for labels in (3, 1):
        found = fitted(tmp_path / str(labels), digits_folder, name=name, labels=labels)
        assert 0 < found["measures"]["average_precision"] < 0.6
    # A constant's average precision is the share of positives.
    assert found["measures"]["average_precision"] == pytest.approx(0.1, abs=0.02)


def test_scales():
    x = np.random.default_rng(0).normal(3, 2, (50, 4)) * [1, 10, 0, 5]
    table = standardize(x, "table")(x)
    assert np.allclose(table, StandardScaler().fit_transform(x))
    image = standardize(x, "image")(x)
    assert np.allclose(image.mean(0), 0)
    assert image.std() == pytest.approx(1)
    assert image[:, 1].std() / image[:, 3].std() == pytest.approx(x[:, 1].std() / x[:, 3].std())


def test_sparse_rows_stay_sparse():
    dense = torch.tensor([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 3.0]])
    csr = csr_array(dense.numpy())
    rows = SparseRows(*(torch.from_numpy(a) for a in (csr.indptr, csr.indices, csr.data)), 3)
    x = matrix(PackedDataset(rows, torch.zeros(3, 1)))
    assert x.toarray().tolist() == dense.tolist()
    assert x.indices.dtype == np.int32
    assert standardize(x, "text")(x) is x


@pytest.fixture
def stage():
    """The script of the stage, as a module."""
    spec = importlib.util.spec_from_file_location("stage", ROOT / "pipelines" / "baselines.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plan(build, data, names, labels, seeds):
    (build / "configs").mkdir(parents=True, exist_ok=True)
    if not (build / "data").exists():
        (build / "data").symlink_to(data)
    content = {
        "baselines": names,
        "labels": labels,
        "seeds": seeds,
        "dataset": {"a": 1},
        "task": TASK,
    }
    write_yaml(build / "configs" / "baselines.yaml", content)
    (build.parent / "params.yaml").write_text("launcher: launcher.workers=2\n")
    return baseline_configs(*content.values())


def test_the_stage_computes_what_is_new(workdir, digits_folder, stage):
    build = workdir / "study"
    plan(build, digits_folder, ["linear"], [20], [0])
    stage.fit(build)
    (first,) = read_json(build / "baselines.json")
    configs = plan(build, digits_folder, ["linear", "svm"], [20, 50], [0, 1])
    stage.fit(build)
    entries = read_json(build / "baselines.json")
    for made, planned in zip(entries, declared_baselines(configs), strict=True):
        names = planned.pop("runs").values()
        assert made["run"] in names
        assert made == made | planned
    # To the millisecond: it was read, not made again.
    assert entries[0] == first
    assert entries[0]["pretraining_seconds"] == 0
    assert entries[0]["tuning_seconds"] >= entries[0]["seconds"] >= 0
    environment = read_json(workdir / "runs" / entries[0]["run"] / runs.ENVIRONMENT)
    assert entries[0]["memory_mb"] == environment["memory_mb"]
    assert sys.platform != "linux" or 50 < environment["memory_mb"] < 5000
    assert {path.name for path in (workdir / "runs").iterdir()} == set(map(run_name, configs))
    mean = {
        (e["strategy"], e["labels"], e["seed"]): e["measures"]["average_precision"] for e in entries
    }
    assert mean["svm", 50, 0] > mean["svm", 20, 0]


def test_a_failed_run_is_named_with_its_reason_and_the_others_are_kept(
    workdir, digits_folder, stage
):
    build = workdir / "study"
    bad, good = plan(build, digits_folder, ["linear"], [100_000, 20], [0])
    reason = f"1 of 2 runs failed; {run_name(bad)}: labels=100000, but the training part has"
    with pytest.raises(UserError, match=reason):
        stage.fit(build)
    assert (workdir / "runs" / run_name(good) / runs.METRICS).is_file()


def with_a_hole(data, folder, labels):
    """Copy data, one training example being NaN: among the labelled ones of this budget alone."""
    shutil.copytree(data, folder)
    part = PackedDataset.open(data, "train", labelled=True)
    x = part.x.numpy().astype(np.float32) / 255
    fewer, more = ({row.tobytes() for row in labelled_subset(part, n, 0).x.numpy()} for n in labels)
    hole = next(i for i, row in enumerate(part.x.numpy()) if row.tobytes() in more - fewer)
    x[hole] = np.nan
    np.save(folder / "train.x.npy", x)


def test_what_scikit_learn_cannot_fit_is_noted_and_the_others_go_on(
    workdir, digits_folder, stage, capfd
):
    build = workdir / "study"
    with_a_hole(digits_folder, build / "data", (20, 50))
    configs = plan(build, digits_folder, ["linear", "svm"], [20, 50], [0])
    stage.fit(build)
    entries = read_json(build / "baselines.json")
    assert [entry["run"] for entry in entries] == [run_name(config) for config in configs]
    for entry in entries:
        assert ("failed" in entry) == (entry["labels"] == 50) == ("measures" not in entry)
    told = [entry["failed"] for entry in entries if "failed" in entry]
    assert [line.partition(": ")[0] for line in told] == [
        "with c 0.001",
        "with kernel linear, c 0.1",
    ]
    assert all(re.search(r": ValueError: Input .*contains NaN\.$", line) for line in told)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ValueError("no\nway"), FailedRunError),
        (OSError("no space left"), OSError),
        (MemoryError(), MemoryError),
    ],
)
def test_what_the_machine_lacks_is_no_result(tmp_path, digits_folder, monkeypatch, error, raised):
    def broken(*given):
        raise error

    monkeypatch.setattr(fitting, "fit_mixed", broken)
    with pytest.raises(raised) as told:
        train(config(), digits_folder, tmp_path, lambda *_: None)
    assert raised is not FailedRunError or str(told.value) == "with c 0.001: ValueError: no"
    assert not (tmp_path / runs.METRICS).exists()


def test_no_baselines(workdir, digits_folder, stage):
    build = workdir / "study"
    plan(build, digits_folder, [], [20], [0])
    stage.fit(build)
    assert json.loads((build / "baselines.json").read_text()) == []


def test_labels_that_the_task_leaves_out_are_not_learned(tmp_path, digits_folder):
    found = fitted(tmp_path / "run", digits_folder, only=["3", "8"])
    parts, (c,) = plain(digits_folder, 60, 0), found["options"].values()
    (x, y), (x_test, y_test) = parts["train"], parts["test"]
    expected = [
        average_precision_score(
            y_test[:, label],
            LogisticRegression(C=c, max_iter=2000).fit(x, y[:, label]).predict_proba(x_test)[:, 1],
        )
        for label in (3, 8)
    ]
    assert found["measures"]["average_precision"] == pytest.approx(np.mean(expected), abs=1e-3)
