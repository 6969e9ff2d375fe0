"""`narrows predict`: what it writes is what the module itself makes of the same examples."""

import csv
import json
from contextlib import chdir

import numpy as np
import pytest
import torch
from PIL import Image
from pyarrow import parquet
from scipy.special import expit, logit
from trained import WORDS, prepared, rows, table, train

from narrows import runs
from narrows.cli import main
from narrows.evaluation import load_run
from narrows.loading import PackedDataset
from narrows.predicting.predictor import Predictor
from narrows.predicting.results import headings, separator_of, writing

KINDS = ["images", "table", "documents", "arrays"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Give a folder with a run of each kind, trained when it is asked for, and the run's name."""
    found = {}

    def of(kind, *words):
        if (kind, words) not in found:
            folder = tmp_path_factory.mktemp(kind)
            found[kind, words] = folder, train(folder, kind, *words)
        return found[kind, words]

    return of


def predict(folder, run, *words):
    with chdir(folder):
        return main(["predict", f"model={run}", *map(str, words)])


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def values(lines, labels):
    return np.array([[float(line[label]) for label in labels] for line in lines])


def test_part(folder, kind):
    """Write the test part of a run's data as a file of that kind; return its name."""
    x = PackedDataset.open(prepared(folder), "test").x
    if kind in ("images", "arrays"):
        np.savez(folder / "test.npz", x=x.numpy())
        return "test.npz"
    if kind == "table":
        return whole(folder, "data.csv", x)
    return whole(folder, "data.jsonl", x)


def whole(folder, name, x):
    """Write the lines of a file whose examples are those of x, in the order of x."""
    heading = [] if name.endswith("jsonl") else 1
    lines = (folder / name).read_text().splitlines(keepends=True)
    first = lines[:heading] if heading else []
    body = lines[len(first) :]
    with chdir(folder):
        (run,) = (p for p in (folder / runs.RUNS).iterdir() if not p.name.startswith("."))
        every = Predictor(run).read(folder / name).x
    keys = [row.numpy().tobytes() for row in every[0 : len(every)]]
    chosen = [body[keys.index(row.numpy().tobytes())] for row in x[0 : len(x)]]
    path = folder / f"test{(folder / name).suffix}"
    path.write_text("".join(first + chosen))
    return path.name


test_part.__test__ = False


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_and_decisions_are_those_of_the_module_on_the_test_part(trained, kind):
    folder, run = trained(kind)
    file = test_part(folder, kind)
    assert predict(folder, run, file, "-o", "raw.csv", "--raw", "--overwrite") == 0
    assert predict(folder, run, file, "-o", "out.csv", "--overwrite") == 0
    module = load_run(folder / runs.RUNS / run).module.eval()
    x = next(PackedDataset.open(prepared(folder), "test").batches(10_000)).x
    with torch.no_grad():
        expected = module.decoder(module.encoder(x)).sigmoid().double().numpy()
    raw, out = read(folder / "raw.csv"), read(folder / "out.csv")
    labels = list(module.spec.labels)
    assert list(out[0])[1:] == ["labels", *labels]
    np.testing.assert_allclose(values(raw, labels), expected, atol=2e-6)
    chosen = json.loads((folder / runs.RUNS / run / runs.DECISIONS).read_text())
    a, b = np.array(chosen["platts"]).T
    np.testing.assert_allclose(values(out, labels), expit(a * logit(expected) + b), atol=2e-5)
    said = [[n for n, p, t in zip(labels, row, chosen["thresholds"], strict=True) if p > t]
            for row in expected]  # fmt: skip
    assert [line["labels"] for line in out] == [";".join(names) for names in said]
    assert [line["labels"] for line in raw] == [";".join(names) for names in said]
    assert any(said)


def test_each_row_begins_with_what_tells_its_example(trained, tmp_path):
    folder, run = trained("images")
    rng = np.random.default_rng(3)
    for name in ("b.png", "a/c.png", "a/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (9, 9, 3)).astype(np.uint8)).save(tmp_path / name)
    assert predict(folder, run, tmp_path, "-o", tmp_path / "out.csv") == 0
    assert [line["file"] for line in read(tmp_path / "out.csv")] == ["a/a.png", "a/c.png", "b.png"]
    assert predict(folder, run, rows(folder, "two.rows", [9, 4]), "-o", tmp_path / "r.csv") == 0
    assert [line["row"] for line in read(tmp_path / "r.csv")] == ["9", "4"]
    folder, run = trained("table")
    table(tmp_path / "new.csv", 3, seed=4)
    assert predict(folder, run, tmp_path / "new.csv", "-o", tmp_path / "t.csv") == 0
    assert [line["row"] for line in read(tmp_path / "t.csv")] == ["0", "1", "2"]
    folder, run = trained("documents")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "x.txt").write_text(WORDS[0])
    (tmp_path / "new.jsonl").write_text(json.dumps({"text": WORDS[0]}) + "\n")
    assert predict(folder, run, tmp_path / "texts", "-o", tmp_path / "x.csv") == 0
    assert predict(folder, run, tmp_path / "new.jsonl", "-o", tmp_path / "d.csv") == 0
    (file,), (document,) = read(tmp_path / "x.csv"), read(tmp_path / "d.csv")
    assert (file.pop("file"), document.pop("document")) == ("x.txt", "0")
    assert file == document


def test_parquet_and_python_have_the_same_values_as_csv_and_batches_do_not_matter(
    trained, monkeypatch, tmp_path
):
    folder, run = trained("table")
    assert predict(folder, run, "data.csv", "-o", tmp_path / "out.csv") == 0
    monkeypatch.setattr("narrows.loading.EVALUATION_BATCH", 7)
    assert predict(folder, run, "data.csv", "-o", tmp_path / "out.parquet") == 0
    lines, found = read(tmp_path / "out.csv"), parquet.read_table(tmp_path / "out.parquet")
    assert found.column_names == list(lines[0])
    assert found["row"].to_pylist() == list(range(60))
    assert found["labels"].to_pylist() == [line["labels"] for line in lines]
    labels = found.column_names[2:]
    stored = np.stack([found[label].to_numpy() for label in labels], 1)
    np.testing.assert_allclose(values(lines, labels), stored, rtol=1e-5)
    with chdir(folder):
        predictions = Predictor.of(run).predict("data.csv")
    assert predictions.names == list(range(60))
    np.testing.assert_array_equal(predictions.calibrated, stored)


def test_the_data_need_not_be_there_and_a_table_of_the_first_is_printed(trained, capsys):
    folder, run = trained("table")
    (folder / "data.csv").rename(folder / "moved.csv")
    try:
        assert predict(folder, run, "moved.csv") == 0
    finally:
        (folder / "moved.csv").rename(folder / "data.csv")
    told = capsys.readouterr().out
    assert "most probable" in told
    assert "and 50 examples more; -o FILE writes all" in told


def test_the_most_probable_label_is_named_as_the_class_where_each_example_has_one(trained, capsys):
    folder, run = trained("images")
    path = folder / runs.RUNS / run / runs.DECISIONS
    kept = path.read_text()
    capsys.readouterr()
    for exclusive in (True, False, None):
        chosen = json.loads(kept) | {"exclusive": exclusive}
        if exclusive is None:
            del chosen["exclusive"]
        path.write_text(json.dumps(chosen))
        assert predict(folder, run, rows(folder, "two.rows", [9, 4])) == 0
        assert ("take the most probable one" in capsys.readouterr().out) == (exclusive is True)
    path.write_text(kept)


def test_only_the_labels_that_were_learned_are_said(trained, tmp_path):
    folder, run = trained("table", "task.only=[label_b]")
    assert predict(folder, run, "data.csv", "-o", tmp_path / "out.csv") == 0
    assert list(read(tmp_path / "out.csv")[0]) == ["row", "labels", "label_b"]


def test_a_run_without_decisions_says_so_and_takes_one_half(trained, tmp_path, capsys):
    folder, run = trained("arrays")
    path = folder / runs.RUNS / run / runs.DECISIONS
    path.rename(tmp_path / "kept")
    try:
        assert predict(folder, run, "data.npz", "-o", tmp_path / "out.csv") == 0
    finally:
        (tmp_path / "kept").rename(path)
    assert "chose no thresholds" in capsys.readouterr().out
    for line in read(tmp_path / "out.csv"):
        above = [label for label in ("0", "1") if float(line[label]) > 0.5]
        assert line["labels"].split(";") == (above or [""])


def test_headings_and_separators_that_labels_would_spoil():
    assert headings("file", ["a", "b"]) == ["file", "labels", "a", "b"]
    assert headings("file", ["labels", "file", "file_"])[:2] == ["file__", "labels_"]
    assert separator_of(["a", "b"], {}) == ";"
    assert separator_of(["a", "b"], {"label_separator": "tab"}) == "\t"
    assert separator_of(["a;b", "c"], {"label_separator": None}) == "|"


def test_a_result_is_whole_or_not_there(tmp_path):
    with pytest.raises(RuntimeError), writing(tmp_path / "a.csv", ["row", "labels"], ";", False):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


MISTAKES = [
    (["gone", "data.npz"], "model=gone: no finished run there"),
    (["RUN", "gone.npz"], "gone.npz is not there"),
    (["RUN", "new.csv"], "does not fit this model's data"),
    (["RUN", "data.npz", "-o", "out.xlsx"], "out.xlsx ends in none of .csv, .parquet"),
    (["RUN", "there.csv", "-o", "there.csv"], "is the file of the examples"),
    (["RUN", "data.npz", "-o", "there.csv"], "is there already; --overwrite replaces it"),
    (["RUN", "data.npz", "-o", "folder.csv"], "is a folder; name a file"),
]


@pytest.mark.parametrize(("words", "told"), MISTAKES)
def test_mistakes_are_told_in_one_line(trained, capsys, words, told):
    folder, run = trained("arrays")
    for name in ("new.csv", "there.csv"):
        (folder / name).write_text("a,b\n1,2\n")
    (folder / "folder.csv").mkdir(exist_ok=True)
    run, *rest = [run if word == "RUN" else word for word in words]
    assert predict(folder, run, *rest) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert (folder / "there.csv").read_text() == "a,b\n1,2\n"


def test_a_run_without_labels_is_refused(trained, capsys):
    folder, run = trained("arrays", "task=reconstruction", "loss=squared_error", "decoder=mlp")
    assert predict(folder, run, "data.npz") == 2
    assert "has task=reconstruction, which learns no labels; name a run with" in (
        capsys.readouterr().err
    )
    assert main(["predict", "run", "data.npz"]) == 2
    assert "name the run first, as model=RUN" in capsys.readouterr().err
