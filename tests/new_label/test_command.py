"""A label added to small trained runs, by the command line."""

import json
import shutil
import subprocess
import sys
from contextlib import chdir

import numpy as np
import pytest
import torch
from running import bits, wait_for
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from trained import documents, found, images, new_label, prepared, rows, table, train

from narrows import runs
from narrows.cli import main
from narrows.evaluation import load_run
from narrows.files import read_json, read_yaml
from narrows.loading import PackedDataset

POSITIVES = range(0, 40, 2)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    return folder, train(folder, "digits")


@pytest.fixture
def digits(trained, tmp_path):
    """A folder of its own with a run on the digits."""
    folder, name = trained
    shutil.copytree(folder, tmp_path / "work")
    return tmp_path / "work", name


def outputs(run, x, size):
    module = load_run(run).module.eval()
    with torch.no_grad():
        return torch.cat([module(block) for block in x.split(size)])


def training_x(folder):
    return PackedDataset.open(prepared(folder), "train").x.float() / 255


def test_old_outputs_keep_their_bits_however_often_labels_are_added(digits):
    folder, old = digits
    given = f"positives={rows(folder, 'p.rows', POSITIVES)}"
    one = new_label(folder, f"model={old}", "label=dog", given)
    two = new_label(folder, f"model={one}", "label=cat", given, "penalty=3")
    x = training_x(folder)
    for size in (1, 3, 64, 1000):
        part = x[: min(len(x), 9 * size)]
        before, once, twice = (
            outputs(run, part, size) for run in (folder / "runs" / old, one, two)
        )
        assert torch.equal(before, once[:, :10])
        assert torch.equal(once, twice[:, :11])
        assert twice.shape[1] == 12
    assert runs.read_spec(two).labels == (*"0123456789", "dog", "cat")
    assert read_json(one / "labels.json")["unchanged"]
    assert read_yaml(two / runs.CONFIG)["decoder"]["added"] == [1, 1]
    assert read_yaml(two / runs.CONFIG)["pretrained"] == one.name


def test_the_weights_are_the_optimum_that_scikit_learn_finds(digits):
    folder, old = digits
    given = f"positives={rows(folder, 'p.rows', POSITIVES)}"
    run = new_label(folder, f"model={old}", "label=dog", given, "penalty=0.5")
    module, x = load_run(run).module, training_x(folder)
    z = module.encode(x).double().numpy()
    y = np.isin(np.arange(len(x)), POSITIVES)
    mean, deviation = z.mean(0), z.std(0)
    exact = LogisticRegression(C=2.0, tol=1e-12, max_iter=10_000)
    exact.fit((z - mean) / deviation, y)
    logits = module.decoder.added[0](torch.from_numpy(z).float())[:, 0].detach()
    np.testing.assert_allclose(
        logits, exact.decision_function((z - mean) / deviation), rtol=1e-4, atol=1e-4
    )
    result = read_json(run / "labels.json")
    assert result["gradient"] <= 1e-8
    last = module.decoder.added[0]
    v, b = (p.detach().double().numpy() for p in (last.weight[0], last.bias))
    residual = 1 / (1 + np.exp(-(z @ v + b))) - y
    gradient = residual @ ((z - mean) / deviation) + 0.5 * v * deviation
    stored = max(np.abs(gradient).max(), abs(residual.sum())) / len(z)
    assert result["stored_gradient"] == pytest.approx(stored, rel=1e-3)
    metrics = read_json(run / "metrics.json")
    assert metrics["head_gradient"] == result["gradient"]
    assert metrics["head_stored_gradient"] == result["stored_gradient"]
    assert "after rounding to float32." in (run / "labels.html").read_text()
    assert (result["positives"], result["negatives"]) == (20, len(x) - 20)
    assert result["background"]


def test_examples_of_the_test_part_are_not_learned_from(tmp_path, capsys):
    old = train(tmp_path, "images")
    tested = len(PackedDataset.open(prepared(tmp_path), "test"))
    with chdir(tmp_path):
        assert main(["new-label", f"model={old}", "label=bird", "positives=photos"]) == 2
    told = f"photos has {tested} examples of the test part, which the new label is measured on"
    assert told in capsys.readouterr().err


def test_given_negatives_are_all_that_is_learned_from(digits, capsys):
    folder, old = digits
    words = [
        f"model={old}", "label=dog", f"positives={rows(folder, 'p.rows', POSITIVES)}",
        f"negatives={rows(folder, 'n.txt', range(1, 100, 3))}",
    ]  # fmt: skip
    # Row 4 is both.
    with chdir(folder):
        assert main(["new-label", *words]) == 2
    assert "n.txt has an example that is in p.rows too" in capsys.readouterr().err
    rows(folder, "n.txt", range(1, 100, 2))
    result = read_json(new_label(folder, *words) / "labels.json")
    assert (result["positives"], result["negatives"]) == (20, 50)
    assert not result["background"]
    assert "20 positives and 50 negatives." in capsys.readouterr().out


def test_a_run_has_the_files_of_every_run_and_the_old_one_stays(digits):
    folder, old = digits
    before = {p: p.read_bytes() for p in (folder / "runs" / old).iterdir()}
    given = f"positives={rows(folder, 'p.rows', [1, 2])}"
    run = new_label(folder, f"model=runs/{old}", "label=dog", given)
    assert {p: p.read_bytes() for p in (folder / "runs" / old).iterdir()} == before
    names = {p.name for p in run.iterdir()}
    assert names == {*runs.RESULTS, "evaluation.json", "labels.json", "labels.html"}
    inputs = runs.inputs_of(run)
    assert inputs["data"] == runs.inputs_of(folder / "runs" / old)["data"]
    assert inputs["pretrained"] == runs.sha256(folder / "runs" / old / runs.WEIGHTS)[:16]
    assert read_json(run / runs.ENVIRONMENT)["seconds"]["all"] > 0
    # What was measured of the old labels is what it was.
    measured = read_json(run / "evaluation.json")
    earlier = read_json(folder / "runs" / old / "evaluation.json")
    assert "average_precision" in measured
    assert measured == {name: earlier[name] for name in measured}


def test_a_second_call_computes_nothing_and_another_file_is_another_run(digits, capsys):
    folder, old = digits
    words = [f"model={old}", "label=dog", f"positives={rows(folder, 'p.rows', POSITIVES)}"]
    run = new_label(folder, *words)
    times = {p: p.stat().st_mtime_ns for p in run.iterdir()}
    first = capsys.readouterr().out
    assert new_label(folder, *words) is None
    second = capsys.readouterr().out
    assert second == f"this label was added before; its run is kept\n{first}"
    assert {p: p.stat().st_mtime_ns for p in run.iterdir()} == times
    # The file has the same name and other examples.
    rows(folder, "p.rows", range(7))
    assert new_label(folder, *words) is not None
    assert run.is_dir()


def test_a_label_that_the_data_know_is_measured_on_the_test_part(digits):
    folder, _ = digits
    # A model that was trained without the digit 3, as far as its outputs say.
    old = folder / "runs" / train_without_three(folder)
    train = PackedDataset.open(prepared(folder), "train")
    threes = train.y[:, 3].nonzero().flatten()[:32].tolist()
    given = f"positives={rows(folder, 'p.rows', threes)}"
    run = new_label(folder, f"model={old}", "label=3", given)
    test = PackedDataset.open(prepared(folder), "test")
    scores = outputs(run, test.x.float() / 255, 1024)
    result = read_json(run / "labels.json")
    expected = average_precision_score(test.y[:, 3], scores[:, -1])
    assert result["precision"] == pytest.approx(expected, abs=1e-6)
    expected = average_precision_score(test.y[:, 9], scores[:, 8])
    assert result["changes"][8] == {
        "label": "9", "before": pytest.approx(expected, abs=1e-6),
        "after": pytest.approx(expected, abs=1e-6),
    }  # fmt: skip
    assert runs.read_spec(run).labels == (*"012456789", "3")


def train_without_three(folder):
    """Make a run whose spec and weights have no label 3; its data have it."""
    from safetensors.torch import load_file, save_file

    (name,) = found(folder)
    run = folder / "runs" / "without"
    shutil.copytree(folder / "runs" / name, run)
    spec = read_json(run / runs.SPEC)
    spec["labels"].remove("3")
    (run / runs.SPEC).write_text(json.dumps(spec))
    weights = load_file(run / runs.WEIGHTS)
    keep = [i for i in range(10) if i != 3]
    for key in ("decoder.map.weight", "decoder.map.bias"):
        weights[key] = weights[key][keep].contiguous()
    save_file(weights, run / runs.WEIGHTS)
    return run.name


@pytest.mark.parametrize("kind", ["table", "documents", "images", "arrays"])
def test_every_kind_of_data_from_files_of_its_own(kind, tmp_path):
    old = train(tmp_path, kind)
    if kind == "table":
        table(tmp_path / "new.csv", 8, seed=4)
    elif kind == "documents":
        documents(tmp_path / "new.jsonl", 8, ["blue dog", "leaf house red"])
    elif kind == "images":
        images(tmp_path / "new", 8, seed=4)
    else:
        np.save(tmp_path / "new.npy", np.random.default_rng(1).normal(size=(8, 5)))
    (name,) = (p.name for p in tmp_path.glob("new*"))
    run = new_label(tmp_path, f"model={old}", "label=x", f"positives={name}")
    result = read_json(run / "labels.json")
    assert result["positives"] == 8
    assert result["unchanged"]
    assert result["gradient"] <= 1e-8
    assert runs.read_spec(run).labels[-1] == "x"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["label=3"], "label=3: model="),
        (["positives=gone.rows"], "gone.rows is not there"),
        (["positives=none.rows"], "none.rows holds no example"),
        (["negatives=wrong.rows"], "'99999' is no row of the training part"),
        (["model=digit"], "model=digit: no finished run there"),
    ],
)
def test_mistakes_write_nothing(digits, capsys, words, told):
    folder, old = digits
    rows(folder, "none.rows", [])
    rows(folder, "wrong.rows", [99999])
    given = {"model": old, "label": "dog", "positives": rows(folder, "p.rows", [1, 2])}
    given |= dict(word.split("=") for word in words)
    before = sorted(folder.rglob("*"))
    with chdir(folder):
        assert main(["new-label", *(f"{k}={v}" for k, v in given.items())]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert told in lines[0]
    assert sorted(folder.rglob("*")) == before


def test_a_run_of_another_kind_is_refused(digits, capsys):
    folder, old = digits
    with chdir(folder):
        assert main(["train", "epochs=1", "steps_per_epoch=1", "tracker=none", "trainer=cpu"]) == 0
        (other,) = found(folder) - {old}
        capsys.readouterr()
        assert main(["new-label", f"model={other}", "label=a", "positives=p.rows"]) == 2
    assert "task=reconstruction; a label is added to a run with task=multi_label" in (
        capsys.readouterr().err
    )


def test_all_training_examples_as_positives_leave_no_negative(digits, capsys):
    folder, old = digits
    everything = range(len(training_x(folder)))
    words = [f"model={old}", "label=dog", f"positives={rows(folder, 'p.rows', everything)}"]
    with chdir(folder):
        assert main(["new-label", *words]) == 2
    assert "give negatives=FILE" in capsys.readouterr().err
    assert found(folder) == {old}


UPDATE = ["label=dog", "update=true", "epochs=2", "lr=1e-3"]


def test_an_update_trains_all_weights_and_reports_what_old_labels_lose(digits, capsys):
    folder, old = digits
    given = f"positives={rows(folder, 'p.rows', POSITIVES)}"
    run = new_label(folder, f"model={old}", given, *UPDATE)
    before, after = (load_run(r).module.state_dict() for r in (folder / "runs" / old, run))
    assert all(not torch.equal(value, after[name]) for name, value in before.items())
    result = read_json(run / "labels.json")
    test = PackedDataset.open(prepared(folder), "test")
    for which, name in (("before", folder / "runs" / old), ("after", run)):
        scores = outputs(name, test.x.float() / 255, 1024)
        expected = [average_precision_score(test.y[:, i], scores[:, i]) for i in range(10)]
        assert [c[which] for c in result["changes"]] == pytest.approx(expected, abs=1e-6)
    assert not result["unchanged"]
    assert len((run / runs.HISTORY).read_text().splitlines()) == 3
    assert result["stored_gradient"] is None
    assert not [name for name in read_json(run / "metrics.json") if "gradient" in name]
    page = (run / "labels.html").read_text()
    assert "The update began from the best weights for the encoder as it was" in page
    assert page.count("<tr>") == 12
    assert "http" not in page
    assert "50% old examples in each batch" in capsys.readouterr().out


def test_an_update_is_a_function_of_its_input_also_after_a_kill(digits):
    folder, old = digits
    words = [f"model={old}", f"positives={rows(folder, 'p.rows', POSITIVES)}", *UPDATE]
    words[-2] = "epochs=40"
    once = new_label(folder, *words)
    expected = bits(once)
    shutil.rmtree(once)
    shutil.rmtree(folder / "runs" / f".{once.name}")
    # A killed process leaves nothing that looks like a run.
    script = "import sys\nfrom narrows.cli import main\nsys.exit(main(sys.argv[1:]))"
    state = folder / "runs" / f".{once.name}" / "run" / runs.RESUME
    process = subprocess.Popen(
        [sys.executable, "-c", script, "new-label", *words],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(state.is_file, process)
    process.kill()
    process.wait()
    assert found(folder) == {old}
    assert new_label(folder, *words) == once
    assert bits(once) == expected


@pytest.mark.parametrize("after", ["write_result", "save_weights", "write_history"])
def test_a_stop_in_the_middle_leaves_no_run(digits, monkeypatch, after):
    folder, old = digits
    words = [f"model={old}", "label=dog", f"positives={rows(folder, 'p.rows', POSITIVES)}"]

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"narrows.new_label.making.{after}", stop)
        patched.chdir(folder)
        assert main(["new-label", *words]) == 130
    assert found(folder) == {old}
    run = new_label(folder, *words)
    assert {p.name for p in run.iterdir()} == {
        *runs.RESULTS, "evaluation.json", "labels.json", "labels.html",
    }  # fmt: skip
