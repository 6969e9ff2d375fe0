"""`narrows map`, from trained runs to its files."""

import csv
import json
import re
from contextlib import chdir

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier
from trained import documents, prepared, table, train

from narrows import runs
from narrows.cli import main
from narrows.evaluation import load_run
from narrows.loading import PackedDataset

PLAIN = ["task=reconstruction", "decoder=mlp", "decoder.hidden=[8]", "loss=squared_error"]
FILES = {"map.html", "map.png", "points.csv", "measures.csv", "measures.json"}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with a run whose codes are two numbers."""
    folder = tmp_path_factory.mktemp("digits")
    return folder, train(folder, "digits", *PLAIN, "encoder.code_size=2", "steps_per_epoch=60")


@pytest.fixture(scope="module")
def of_table(tmp_path_factory):
    """A folder with a run whose codes are four numbers."""
    folder = tmp_path_factory.mktemp("table")
    return folder, train(folder, "table", *PLAIN)


def draw(folder, name, *words):
    """Do the command in a folder; return its exit code."""
    with chdir(folder):
        return main(["map", f"model={name}", *words])


def lines_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_codes_of_two_numbers_are_a_map(digits, capsys):
    folder, name = digits
    assert draw(folder, name, "-o", "maps") == 0
    assert "code, 2 numbers" in capsys.readouterr().out
    assert {path.name for path in (folder / "maps").iterdir()} == FILES
    module = load_run(folder / runs.RUNS / name).module.eval()
    parts = [PackedDataset.open(prepared(folder), part) for part in ("train", "test")]
    x, x_new = (part.x.flatten(1).numpy() / 255 for part in parts)
    y, y_new = (part.y.numpy().argmax(1) for part in parts)
    with torch.no_grad():
        z, z_new = (module.encoder(part.x / 255).numpy() for part in parts)
        restored = module.decoder(torch.from_numpy(z_new)).flatten(1).numpy()
    pca = PCA(2).fit(x)
    own, components = json.loads((folder / "maps/measures.json").read_text())["rows"]
    for row, old, new, back in (
        (own, z, z_new, restored),
        (
            components,
            pca.transform(x),
            pca.transform(x_new),
            pca.inverse_transform(pca.transform(x_new)),
        ),
    ):
        assert row["trustworthiness"] == pytest.approx(
            trustworthiness(x, old, n_neighbors=5), abs=1e-3
        )
        model = KNeighborsClassifier(5).fit(old, y)
        assert row["accuracy_new"] == pytest.approx(model.score(new, y_new), abs=0.005)
        assert row["sse"] == pytest.approx(((back - x_new) ** 2).sum(1).mean(), rel=1e-4)
    points = lines_of(folder / "maps/points.csv")
    assert [point["name"] for point in points[-3:]] == ["497", "498", "499"]
    written = [[float(point[f"code, 2 numbers {axis}"]) for axis in (1, 2)] for point in points]
    np.testing.assert_allclose(written, np.concatenate([z, z_new]), rtol=1e-4, atol=1e-5)
    with Image.open(folder / "maps/map.png") as picture:
        assert picture.width > 1000


def test_the_same_bytes_each_time_and_nothing_is_overwritten(digits, capsys):
    folder, name = digits
    words = ["points=60", "seed=3"]
    for out in ("one", "two"):
        assert draw(folder, name, *words, "-o", out) == 0
    for file in FILES:
        assert (folder / "one" / file).read_bytes() == (folder / "two" / file).read_bytes()
    assert draw(folder, name, *words, "-o", "one") == 2
    assert "is there already; --overwrite replaces it" in capsys.readouterr().err
    assert draw(folder, name, "points=60", "seed=4", "-o", "one", "--overwrite") == 0
    assert (folder / "one/points.csv").read_bytes() != (folder / "two/points.csv").read_bytes()


def test_larger_codes_and_new_rows(of_table):
    folder, name = of_table
    table(folder / "new.csv", 15, seed=1)
    words = ["new.csv", "umap=false", "perplexity=5", "near=cosine"]
    assert draw(folder, name, *words, "-o", "maps") == 0
    rows = lines_of(folder / "maps/measures.csv")
    names = ["code, 4 numbers", "PCA, 4 numbers", "t-SNE", "PCA, 2 numbers"]
    assert [row["name"] for row in rows] == names
    # Training rows have labels, new ones none.
    assert all(row["accuracy"] and not row["accuracy_new"] for row in rows)
    points = lines_of(folder / "maps/points.csv")
    assert [point["source"] for point in points[-15:]] == ["new.csv"] * 15
    page = (folder / "maps/map.html").read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    assert len(data["maps"]) == 2
    # In the table's own units, which are around 50.
    weights = [float(w) for w in re.findall(r"weight = (\d+)", " ".join(data["told"]))]
    assert 20 < np.median(weights) < 80


def test_documents_are_told_by_their_terms(tmp_path):
    name = train(tmp_path, "documents", *PLAIN, "encoder.code_size=2")
    documents(tmp_path / "new.jsonl", 4, ["red red blue", "tree"])
    assert draw(tmp_path, name, "new.jsonl", "-o", "maps") == 0
    page = (tmp_path / "maps/map.html").read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    assert data["told"][-4:] == ["red, blue", "tree"] * 2


MISTAKES = {
    "pointz=30": "pointz is not an option of map; did you mean 'points'?",
    "points=3": "points=3: input should be greater than or equal to 20",
    "near=far": 'near="far"',
    "near=cosine": "near is for codes of more than two numbers",
    "perplexity=5": "perplexity is for codes of more than two numbers",
    "test val": "'val': one file, folder or part is mapped at a time",
    "nowhere.csv": "nowhere.csv is not there",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_told_in_a_line(words, digits, capsys):
    folder, name = digits
    assert draw(folder, name, *words.split(), "-o", "wrong") == 2
    assert MISTAKES[words] in capsys.readouterr().err.splitlines()[-1]
    assert not (folder / "wrong").exists()


def test_what_has_no_map_is_told(tmp_path, digits, capsys):
    name = train(tmp_path, "table", *PLAIN, "encoder.code_size=1")
    assert draw(tmp_path, name, "-o", "maps") == 2
    assert "has codes of one number" in capsys.readouterr().err
    folder, name = digits
    (folder / "file").touch()
    assert draw(folder, name, "-o", "file") == 2
    assert "--out=file is a file; name a folder" in capsys.readouterr().err
