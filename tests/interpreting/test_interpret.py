"""`narrows interpret`, from small trained runs of each kind of data to the page and its numbers."""

import json
import shutil

import numpy as np
import pytest
import running
from coded import narrows, refused, train
from safetensors.torch import load_file, save_file
from trained import documents, prepared

from narrows import runs
from narrows.evaluation import load_run
from narrows.loading import PackedDataset

LABELS = ("task=multi_label", "decoder=linear", "loss=logistic")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with an autoencoder of digits, and its name."""
    folder = tmp_path_factory.mktemp("digits")
    name = train(folder, "digits", "loss=logistic")
    assert narrows(folder, "interpret", f"model={name}", "examples=300", "-o", "page.html") == 0
    return folder, name


@pytest.fixture(scope="module")
def of_labels(tmp_path_factory):
    """A folder with a run that has learned two labels of a table, and its name."""
    folder = tmp_path_factory.mktemp("labels")
    return folder, train(folder, "table", "dataset.test=0.3", *LABELS)


def numbers(folder, name="page.json"):
    return json.loads((folder / name).read_text())


def test_numbers_are_those_of_the_runs_codes(digits):
    folder, name = digits
    found = numbers(folder)
    assert found["examples"] == 300
    assert found["training_examples"] == 300
    assert [unit["name"] for unit in found["units"]] == [f"code_{j}" for j in range(4)]
    everything = ["interpret", f"model={name}", "examples=5000", "-o", "all.html"]
    assert narrows(folder, *everything) == 0
    found, data = numbers(folder, "all.json"), prepared(folder)
    module = load_run(folder / runs.RUNS / name).module.eval()
    train_x, test = PackedDataset.open(data, "train").x, PackedDataset.open(data, "test")
    assert found["training_examples"] == len(train_x)
    z = module.encode(train_x.float() / 255).numpy()
    assert [unit["mean"] for unit in found["units"]] == pytest.approx(z.mean(0), abs=1e-4)
    assert [unit["deviation"] for unit in found["units"]] == pytest.approx(z.std(0), rel=1e-4)
    z = module.encode(test.x.float() / 255).numpy()
    wanted = np.corrcoef(z.T, test.y.numpy().T)[:4, 4:]
    ours = np.array([unit["correlation"] for unit in found["units"]])
    assert ours == pytest.approx(wanted, abs=1e-5)
    assert [panel["output"] for panel in found["attributions"]] == [
        f"code_{j}" for j in np.argsort([-unit["deviation"] for unit in found["units"]])
    ]
    assert max(panel["error"] for panel in found["attributions"]) < 1e-3


def test_the_same_command_makes_the_same_bits_and_another_seed_others(digits):
    folder, name = digits
    asked = ["interpret", f"model={name}", "examples=300", "-o", "again.html", "--overwrite"]
    assert narrows(folder, *asked) == 0
    for end in ("html", "json"):
        assert (folder / f"again.{end}").read_bytes() == (folder / f"page.{end}").read_bytes()
    assert narrows(folder, *asked, "seed=1") == 0
    assert numbers(folder, "again.json")["units"] != numbers(folder)["units"]


def test_units_that_are_constant_are_dead(digits, capsys):
    folder, name = digits
    (folder / "dead").mkdir(exist_ok=True)
    shutil.copytree(folder / "data", folder / "dead/data")
    run = folder / "dead/runs" / name
    shutil.copytree(folder / "runs" / name, run)
    weights = load_file(run / runs.WEIGHTS)
    hidden, code = sorted(key for key in weights if key.startswith("encoder") and "weight" in key)
    weights[hidden][:3] = 0
    weights[code][1] = 0
    save_file(weights, run / runs.WEIGHTS)
    assert narrows(folder / "dead", "interpret", f"model={name}", "-o", "page.html") == 0
    assert "4 code units, 1 of them dead (code_1);" in capsys.readouterr().out
    found = numbers(folder / "dead")
    assert [unit["dead"] for unit in found["units"]] == [False, True, False, False]
    assert found["hidden_layers"] == [{"units": 8, "dead": 3}]
    assert "code_1 (dead)" in (folder / "dead/page.html").read_text()
    weights[code][:] = 0
    save_file(weights, run / runs.WEIGHTS)
    assert narrows(folder / "dead", "interpret", f"model={name}", "-o", "all.html") == 0
    found = numbers(folder / "dead", "all.json")
    assert all(unit["dead"] for unit in found["units"])
    assert found["effective_dimension"] == found["components_95"] == 0
    assert "All are dead" in (folder / "dead/all.html").read_text()


def test_labels_are_attributed_to_columns_in_the_tables_units(of_labels, capsys):
    folder, name = of_labels
    assert narrows(folder, "interpret", f"model={name}", "-o", "page.html") == 0
    assert "page: page.html, numbers: page.json" in capsys.readouterr().out
    found = numbers(folder)
    assert {panel["output"] for panel in found["attributions"]} == {"label_a", "label_b"}
    page = (folder / "page.html").read_text()
    assert "label “label_a” <span>logit</span>" in page
    assert "The decoder makes labels of a code, not the example" in page
    assert "decoded at quantiles" not in page


def test_a_tables_traversals_are_in_its_own_units(tmp_path):
    name = train(tmp_path, "table", "dataset.test=0.3")
    asked = ["interpret", f"model={name}", "outputs=code_1,code_0", "-o", "page.html"]
    assert narrows(tmp_path, *asked, "start=2") == 0
    assert [panel["output"] for panel in numbers(tmp_path)["attributions"]] == ["code_1", "code_0"]
    page = (tmp_path / "page.html").read_text()
    assert "the code of train 2" in page
    cells = page.split('<tr><th scope="row">weight</th>')[1].split("</tr>")[0]
    values = [float(cell.split("</td>")[0].replace("−", "-")) for cell in cells.split("<td>")[1:]]
    assert len(values) == 3
    assert 20 < min(values) < max(values) < 80


def test_documents_of_a_file_are_shown_by_their_terms(tmp_path):
    name = train(tmp_path, "documents", "dataset.test=0.3")
    documents(tmp_path / "new.jsonl", 7)
    assert narrows(tmp_path, "interpret", f"model={name}", "new.jsonl", "-o", "page.html") == 0
    found = numbers(tmp_path)
    assert found["examples"] == 7
    assert found["information_by_chance"] is None
    page = (tmp_path / "page.html").read_text()
    assert "Labels of these examples are not known" in page
    assert "The baseline is an input of zeros" in page
    assert "document 3" in page


MISTAKES = {
    "-o page.txt": "--out=page.txt is the page; call it .html",
    "-o page.html": "page.html is there already; --overwrite",
    "test val -o x.html": "'val': name one file, folder or part",
    "unit=3 -o x.html": "unit is not an option of interpret; did you mean 'units'?",
    "units=0 -o x.html": "units=0: input should be greater than 0",
    "dead=2 -o x.html": "dead=2: input should be less than 1",
    "start=99999 -o x.html": "start=99999: rows of the training part are 0 to ",
    "start=first -o x.html": "start=",
    "outputs=code_1,code_44 -o x.html": "outputs=code_44 is no label or code unit",
    "nowhere.npy -o x.html": "nowhere.npy",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_told_in_a_line_and_write_nothing(words, digits, capsys):
    folder, name = digits
    told = refused(folder, ["interpret", f"model={name}", *words.split()], capsys)
    assert MISTAKES[words] in told[-1]


def test_a_run_whose_codes_are_maps_is_refused(tmp_path, capsys):
    words = ["encoder=residual", "encoder.width=4", "encoder.depth=1", "decoder=subpixel"]
    short = ["steps_per_epoch=1", "epochs=1", "tracker=none", "trainer=cpu"]
    name = running.train(tmp_path, "task=denoising", *words, *short).name
    capsys.readouterr()
    (told,) = refused(tmp_path, ["interpret", f"model={name}", "-o", "x.html"], capsys)
    assert "which grow with the picture; train one whose encoder has a code_size" in told
