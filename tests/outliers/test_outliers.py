"""`narrows outliers`: its table against the run's own parts, put together by hand."""

import csv
from contextlib import chdir

import numpy as np
import pytest
import torch
from trained import found, prepared, rows, table, train

from narrows import runs
from narrows.cli import main
from narrows.evaluation import load_run
from narrows.loading import PackedDataset

GIVES_BACK = ["task=reconstruction", "decoder=mlp", "decoder.hidden=[8]", "loss=squared_error"]


@pytest.fixture(scope="module")
def of_table(tmp_path_factory):
    """A folder with a run on a table, and a file with an odd row."""
    folder = tmp_path_factory.mktemp("table")
    name = train(folder, "table", *GIVES_BACK, "dataset.val=0.4", "steps_per_epoch=300")
    table(folder / "new.csv", 12, seed=1)
    lines = (folder / "new.csv").read_text().splitlines()
    size, _, *rest = lines[6].split(",")
    lines[6] = ",".join([size, "500", *rest])
    (folder / "new.csv").write_text("\n".join(lines) + "\n")
    return folder, name


def outliers(folder, name, *words):
    """Do the command in a folder; return the lines of the table."""
    with chdir(folder):
        assert main(["outliers", f"model={name}", *words, "-o", "scores.csv", "--overwrite"]) == 0
        with (folder / "scores.csv").open(newline="") as file:
            return list(csv.DictReader(file))


def test_the_odd_row_and_its_column_are_found(of_table):
    folder, name = of_table
    lines = outliers(folder, name, "new.csv", "false_alarms=0.1")
    assert [line["row"] for line in lines] == [str(row) for row in range(12)]
    scores = np.array([float(line["score"]) for line in lines])
    assert scores.argmax() == 5
    assert lines[5]["outlier"] == "1"
    assert lines[5]["worst_1"] == "weight"
    page = (folder / "scores.html").read_text()
    # In the table's own units.
    assert "<td>500</td>" in page
    assert "Rows are counted from 0" in page
    above, below = page.split("Nearest below it")
    shown = [part.count("<section>") for part in (above, below)]
    outlying = sum(int(line["outlier"]) for line in lines)
    assert shown == [outlying, 12 - outlying]
    assert "row 5 " in above


@pytest.mark.parametrize("normalize", ["true", "false"])
def test_scores_are_the_errors_by_their_means_in_training(of_table, normalize):
    folder, name = of_table
    lines = outliers(folder, name, rows(folder, "some.rows", range(9)), f"normalize={normalize}")
    module = load_run(folder / runs.RUNS / name).module.eval()
    x = PackedDataset.open(prepared(folder), "train").x
    with torch.no_grad():
        errors = ((module(x) - x) ** 2).double().numpy()
    mean = errors.mean(0)
    unit = np.maximum(mean, 0.01 * mean.mean()) if normalize == "true" else 1
    wanted = (errors / unit)[:9]
    np.testing.assert_allclose([float(line["score"]) for line in lines], wanted.mean(1), rtol=1e-4)
    names = ("size", "weight", "weight missing", "colour=blue", "colour=green", "colour=red")
    assert [line["worst_1"] for line in lines] == [names[place] for place in wanted.argmax(1)]


def test_the_rate_on_the_validation_part_is_the_one_asked_for(of_table):
    folder, name = of_table
    val = PackedDataset.open(prepared(folder), "val").x
    np.save(folder / "val.npy", val.numpy())
    n = len(val)
    for score in ("reconstruction", "distance", "density", "combined"):
        lines = outliers(folder, name, "val.npy", f"score={score}", "false_alarms=0.3")
        # All but the k-th smallest and those below it, k = ⌈(n + 1)(1 − 0.3)⌉.
        wanted = n - int(np.ceil((n + 1) * 0.7))
        assert sum(int(line["outlier"]) for line in lines) == wanted


def test_a_run_that_gives_nothing_back(tmp_path, capsys):
    name = train(tmp_path, "table")
    chosen = ["new.csv", "false_alarms=0.5"]
    table(tmp_path / "new.csv", 3, seed=1)
    lines = outliers(tmp_path, name, *chosen, "score=distance")
    assert set(lines[0]) == {"row", "score", "outlier"}
    assert "gives no examples back" in (tmp_path / "scores.html").read_text()
    with chdir(tmp_path):
        assert main(["outliers", f"model={name}", *chosen, "-o", "other.csv"]) == 2
    assert "choose score=distance or density" in capsys.readouterr().err
    assert not (tmp_path / "other.csv").exists()


MISTAKES = {
    "score=distanc": 'score="distanc"',
    "false_alarms=1": "false_alarms=1: input should be less than 1",
    "false_alarms=0.001": "takes 999 normal examples",
    "treshold=3": "treshold is not an option of outliers",
    "-o new.csv": "--out=new.csv would replace new.csv",
    "-o page.html": "--out=page.html is the table",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_told_in_a_line(words, of_table, capsys):
    folder, name = of_table
    before = {path.name for path in folder.iterdir()}
    out = [] if words.startswith("-o") else ["-o", "x.csv"]
    with chdir(folder):
        assert main(["outliers", f"model={name}", "new.csv", *words.split(), *out]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert MISTAKES[words] in lines[-1]
    assert {path.name for path in folder.iterdir()} == before
    assert found(folder) == {name}
