"""`narrows generate`, from small trained runs to files and a page."""

import csv
import json
import re

import numpy as np
import pytest
import torch
from coded import narrows, refused, train
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from trained import prepared

from narrows import runs
from narrows.evaluation import load_run
from narrows.files import read_json
from narrows.generating.features import codes_by, components
from narrows.generating.generator import Generator
from narrows.generating.options import WAYS
from narrows.loading import PackedDataset
from narrows.spec import Spec

pytestmark = pytest.mark.xdist_group("generate")

N = 30


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with a run on digits, another one with other codes, and what was generated."""
    folder = tmp_path_factory.mktemp("digits")
    words = ["encoder.code_size=3", "steps_per_epoch=250", "optimizer.lr=0.005"]
    name = train(folder, "digits", "loss=bounded_error", *words)
    assert narrows(folder, "generate", f"model={name}", f"number={N}", "seed=3", "-o", "new") == 0
    return folder, name


@pytest.fixture(scope="module")
def of_table(tmp_path_factory):
    """A folder with a run on a table, and its name."""
    folder = tmp_path_factory.mktemp("table")
    return folder, train(folder, "table", "dataset.test=0.3")


def part(folder, which):
    return PackedDataset.open(prepared(folder), which)


def pixels(folder, way):
    files = sorted((folder / way).iterdir())
    assert [file.name for file in files] == [f"{i:02}.png" for i in range(N)]
    return np.stack([np.asarray(Image.open(file)) for file in files])


def lines(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_pictures_are_what_the_decoder_makes_of_the_codes(digits, monkeypatch):
    folder, name = digits
    monkeypatch.chdir(folder)
    generator = Generator.of(name, seed=3)
    module = load_run(folder / runs.RUNS / name).module.eval()
    for way in WAYS:
        with torch.no_grad():
            x = module.decoder(generator.draw(way, N)).sigmoid()
        assert np.array_equal(pixels(folder / "new", way), (x[:, 0] * 255).round().byte())


def test_codes_are_near_those_of_training_examples_or_as_the_density_has_them(digits, monkeypatch):
    folder, name = digits
    monkeypatch.chdir(folder)
    generator = Generator.of(name, seed=3)
    reach = NearestNeighbors(n_neighbors=2).fit(generator.codes)

    def away(codes):
        return np.median(reach.kneighbors(codes)[0][:, 0])

    usual = np.median(reach.kneighbors(generator.codes)[0][:, 1])
    assert away(generator.draw("interpolate", 400)) < usual
    assert away(generator.draw("mixture", 400)) < 2 * usual
    assert away(generator.draw("normal", 400)) > 2 * usual


def test_each_sample_is_beside_its_nearest_training_example(digits):
    folder, _ = digits
    # A component for each five examples that are compared.
    pca = PCA(N // 5).fit(part(folder, "train").x.flatten(1).double().numpy() / 255)
    known = pca.transform(part(folder, "train").x.flatten(1).double().numpy() / 255)
    made = pixels(folder / "new", "mixture").reshape(N, -1) / 255
    distances, rows = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(pca.transform(made))
    found = [line for line in lines(folder / "new/samples.csv") if line["way"] == "mixture"]
    assert [int(line["sample"]) for line in found] == list(range(N))
    ours = np.array([float(line["distance"]) for line in found])
    # Files have rounded pixels.
    assert ours == pytest.approx(distances[:, 0], abs=64**0.5 / 510)
    same = np.mean([int(line["training_example"]) for line in found] == rows[:, 0])
    assert same > 0.9
    below = read_json(folder / "new/measures.json")["copies_up_to"]
    assert [line["copy"] == "1" for line in found] == (ours <= below).tolist()


def test_measures_tell_real_examples_from_bad_ones(digits):
    folder, _ = digits
    rows = {line["way"]: line for line in lines(folder / "new/measures.csv")}
    assert list(rows) == ["training", "reconstructed", *WAYS]
    distance = {way: float(line["frechet"]) for way, line in rows.items()}
    assert distance["training"] < distance["mixture"] < distance["normal"]
    assert float(rows["training"]["copies"]) == 1
    assert float(rows["training"]["recall"]) > float(rows["normal"]["recall"])
    told = read_json(folder / "new/measures.json")
    assert len(told["rows"][0]["draws"]) == 5
    assert told["compared"] == N
    mean = np.mean([draw["frechet"] for draw in told["rows"][2]["draws"]])
    assert distance["interpolate"] == pytest.approx(mean, rel=1e-4)
    best = max(told["likelihoods"], key=told["likelihoods"].__getitem__)
    assert told["components"] == int(best)


def test_the_same_command_makes_the_same_bits_and_another_seed_others(digits, capsys):
    folder, name = digits
    asked = ["generate", f"model={name}", f"number={N}", "way=mixture"]
    assert narrows(folder, *asked, "seed=3", "-o", "one") == 0
    assert "mixture (of" in capsys.readouterr().out
    assert narrows(folder, *asked, "seed=3", "-o", "two") == 0
    files = sorted(p.relative_to(folder / "one") for p in (folder / "one").rglob("*.*"))
    assert len(files) == N + 4
    for file in files:
        assert (folder / "one" / file).read_bytes() == (folder / "two" / file).read_bytes()
    # One way alone gives what it gives among all.
    assert np.array_equal(pixels(folder / "one", "mixture"), pixels(folder / "new", "mixture"))
    assert narrows(folder, *asked, "seed=4", "-o", "two", "--overwrite") == 0
    assert not np.array_equal(pixels(folder / "two", "mixture"), pixels(folder / "new", "mixture"))


def test_principal_components_are_scikit_learns(digits):
    folder, _ = digits
    data = part(folder, "train")
    x = data.x.flatten(1).double().numpy() / 255
    features = components(data, Spec((1, 8, 8), (), "image"), 7)
    wanted = PCA(7).fit(x)
    found = features.of(batch.x for batch in data.batches())
    assert np.abs(found) == pytest.approx(np.abs(wanted.transform(x)), abs=1e-5)
    share = round(100 * wanted.explained_variance_ratio_.sum())
    assert f"7 principal components of training examples ({share} %" in features.told


def test_examples_are_compared_by_another_runs_codes(digits, of_table, monkeypatch, capsys):
    folder, name = digits
    monkeypatch.chdir(folder)
    asked = ["generate", f"model={name}", "way=normal", f"number={N}"]
    assert narrows(folder, *asked, f"features={name}", "-o", "own") == 0
    assert "which made them: this is circular" in (folder / "own/generated.html").read_text()
    x = part(folder, "test").x[:9].float() / 255
    features = codes_by(name, Spec((1, 8, 8), (), "image"))
    module = load_run(folder / runs.RUNS / name).module.eval()
    assert np.array_equal(features.of([x[:4], x[4:]]), module.encoder(x).detach())
    capsys.readouterr()
    other = of_table[0] / "runs" / of_table[1]
    assert narrows(folder, *asked, f"features={other}", "-o", "x") == 2
    assert re.search(r"for examples of shape \(6,\) \(table\)", capsys.readouterr().err)
    assert narrows(folder, *asked, "features=gone", "-o", "x") == 2
    assert "features=gone: no finished run there" in capsys.readouterr().err
    assert not (folder / "x").exists()


def test_a_table_is_written_in_its_own_units(of_table):
    folder, name = of_table
    assert narrows(folder, "generate", f"model={name}", "number=9", "-o", "new") == 0
    rows = lines(folder / "new/gaussian.csv")
    assert len(rows) == 9
    assert list(rows[0]) == ["size", "weight", "colour"]
    assert {row["colour"] for row in rows} <= {"red", "green", "blue"}
    weights = [float(row["weight"]) for row in rows if row["weight"]]
    assert np.mean(weights) == pytest.approx(50, abs=9)
    page = (folder / "new/generated.html").read_text()
    assert '<th scope="col">weight</th>' in page
    assert "Between any two" not in page


def test_documents_are_written_as_terms(tmp_path):
    name = train(tmp_path, "documents", "dataset.test=0.3")
    words = ("way=interpolate", "number=9", "-o", "new")
    assert narrows(tmp_path, "generate", f"model={name}", *words) == 0
    found = [
        json.loads(line) for line in (tmp_path / "new/interpolate.jsonl").read_text().splitlines()
    ]
    assert len(found) == 9
    for document in found:
        weights = list(document["terms"].values())
        assert weights == sorted(weights, reverse=True)
    assert {term for document in found for term in document["terms"]} & {"red", "tree", "dog"}


MISTAKES = {
    "way=flow -o x": "way=",
    "number=1 -o x": "number=1: input should be greater than or equal to 2",
    "number=3 way=normal -o x": "give number=4 or more",
    "neighbours=99999 -o x": "neighbours=99999 takes more training examples than",
    "sed=1 -o x": "sed is not an option of generate; did you mean 'seed'?",
    "way=normal -o new": "new is not empty; --overwrite",
    "way=normal -o new/samples.csv": "--out=new/samples.csv is a file; name a folder",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_told_in_a_line_and_write_nothing(words, digits, capsys):
    folder, name = digits
    told = refused(folder, ["generate", f"model={name}", *words.split()], capsys)
    assert MISTAKES[words] in told[-1]


def test_a_run_that_gives_nothing_back_is_refused(digits, capsys):
    folder, _ = digits
    words = ["task=multi_label", "decoder=linear", "loss=logistic", "steps_per_epoch=2"]
    name = train(folder, "digits", *words)
    capsys.readouterr()
    (told,) = refused(folder, ["generate", f"model={name}", "-o", "x"], capsys)
    assert "its decoder does not give examples back; train one with task=reconstruction" in told
