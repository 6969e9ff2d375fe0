"""`narrows explore`, from a trained run to a page."""

import base64
import json
import re
from contextlib import chdir

import matplotlib as mpl
import numpy as np
import pytest
import torch
from trained import prepared, train

from narrows import runs
from narrows.cli import main
from narrows.evaluation import load_run
from narrows.exploring.frame import Frame
from narrows.loading import PackedDataset

PLAIN = [
    "task=reconstruction", "decoder=mlp", "decoder.hidden=[8]", "encoder.code_size=2",
]  # fmt: skip


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    return folder, train(folder, "digits", *PLAIN)


def explore(folder, name, *words):
    with chdir(folder):
        return main(["explore", f"model={name}", *words])


def data_of_page(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text)[1])


def test_a_map_of_digits(digits, capsys):
    folder, name = digits
    assert explore(folder, name, "-o", "out/page.html") == 0
    assert "page: out/page.html" in capsys.readouterr().out
    data = data_of_page((folder / "out/page.html").read_text())
    assert (data["cells"], data["height"], data["width"]) == (1, 8, 8)
    assert data["labels"] == list("0123456789")
    assert len(data["marks"]) > 500
    assert all(mark[0] == str(mark[4]) for mark in data["marks"])
    coefficients = np.frombuffer(base64.b64decode(data["coefficients"]), "<f4")
    basis = np.frombuffer(base64.b64decode(data["basis"]), np.int8).reshape(data["rank"], -1)
    active = np.unpackbits(np.frombuffer(base64.b64decode(data["active"]), np.uint8))[:64] == 1
    module = load_run(folder / runs.RUNS / name).module.eval()
    train_part = PackedDataset.open(prepared(folder), "train")
    with torch.no_grad():
        codes = torch.cat([module.encoder(batch.x) for batch in train_part.batches()]).numpy()
        grid = Frame.of(codes.astype(float), data["grid"]).grid().reshape(-1, 2)
        decoded = module.decoder(torch.tensor(grid, dtype=torch.float32)).flatten(1).numpy()
    made = coefficients.reshape(-1, data["rank"]) @ basis
    assert np.abs(made.clip(0, 1) - decoded[:, active].clip(0, 1)).max() < 5 / 255


def test_a_map_of_typefaces(tmp_path):
    words = [
        "dataset=fonts", f"dataset.path={mpl.get_data_path()}/fonts", "dataset.on_error=skip",
        "dataset.example=typeface", "dataset.size=16", "dataset.characters=capitals",
        "loss=logistic",
    ]  # fmt: skip
    name = train(tmp_path, "digits", *PLAIN, "decoder.hidden=[4]", *words)
    assert explore(tmp_path, name, "-o", "page.html") == 0
    data = data_of_page((tmp_path / "page.html").read_text())
    assert data["letters"] == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert (data["cells"], data["height"], data["width"]) == (26, 16, 16)
    names = {mark[0] for mark in data["marks"]}
    assert {"DejaVu Sans", "DejaVu Serif", "cmr10"} <= names
    # Those that the model has not seen are there, and marked.
    assert {mark[3] for mark in data["marks"]} == {0, 1}


@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        ("digits", ["task=reconstruction", "decoder=mlp"], "codes of 4 numbers, .*code_size=2"),
        ("digits", ["encoder.code_size=2"], "does not give pictures.*task=reconstruction"),
        ("table", ["encoder.code_size=2"], "is for a table, .* trained on images"),
    ],
)
def test_what_has_no_map_is_refused(tmp_path, kind, words, told, capsys):
    name = train(tmp_path, kind, *words)
    capsys.readouterr()
    assert explore(tmp_path, name, "-o", "page.html") == 2
    assert re.search(told, capsys.readouterr().err)
    assert not (tmp_path / "page.html").exists()


def test_a_folder_in_place_of_the_page_is_told(digits, capsys):
    folder, name = digits
    assert explore(folder, name, "-o", ".") == 2
    assert "is a folder; name a file" in capsys.readouterr().err
    assert main(["explore", name, "-o", "page.html"]) == 2
    assert "model=RUN" in capsys.readouterr().err
