"""`narrows data`: what is prepared, printed and written."""

import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from narrows.cli import main
from narrows.config import compose_config
from narrows.data_command import choice_of, page_name, words_of


def test_digits(workdir, capsys):
    assert main(["data", "dataset=digits"]) == 0
    told = capsys.readouterr().out
    assert "digits: 1,797 images with 10 classes" in told
    assert "1,000" in told
    assert told.endswith("page: reports/data/digits/index.html\n")
    page = (workdir / "reports/data/digits/index.html").read_text()
    assert "narrows train dataset=digits" in page
    (card,) = workdir.glob("data/*/card.json")
    assert str(card.parent.relative_to(workdir)) in page
    y = np.load(card.parent / "train.y.npy")
    for count in y.sum(0):
        assert str(count) in told


def test_training_uses_what_was_prepared(workdir, capsys):
    assert main(["data"]) == 0
    words = ["dataset=digits", "tracker=none", "trainer=cpu", "epochs=1", "steps_per_epoch=1"]
    assert main(["train", *words]) == 0
    assert len(list(workdir.glob("data/*/card.json"))) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("epochs=3", "epochs=3 has no effect on data"),
        ("~encoder", "~encoder has no effect on data"),
        ("++encoder.width=3", "no effect on data; write dataset=CHOICE and dataset.option=value"),
        ("dataset=digts", "did you mean 'digits'?"),
        ("dataset.split_sed=3", "did you mean 'split_seed'?"),
        ("dataset.split_seed=-3", "greater than or equal to 0"),
        ("dataset._target_=os.system", "is not allowed"),
        ("~dataset", "dataset has no value"),
    ],
)
def test_a_mistake_is_told_in_one_line(workdir, capsys, words, told):
    assert main(["data", *words.split()]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("narrows: error: ")
    assert output.err.count("\n") == 1
    assert told in output.err
    assert not list(workdir.iterdir())


def test_torch_is_not_imported(workdir):
    code = (
        "import sys; from narrows.cli import main; code = main(['data', 'dataset=digits']); "
        "assert not {'torch', 'lightning', 'pytorch_lightning'} & set(sys.modules); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout


def test_the_choice_is_the_nearest_file():
    node = compose_config(["dataset=digit_scenes", "dataset.train=50"])["dataset"]
    assert choice_of(node) == ("digit_scenes", {"train": 50})
    assert choice_of({"_target_": "narrows.datasets.mine.Mine"}) == ("mine", {})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/me/photos", "table-photos"),
        ("photos/", "table-photos"),
        ("a b/../c <d>.csv", "table-c_d_.csv"),
        ("/", "table-data"),
        ("x" * 300, "table-" + "x" * 60),
    ],
)
def test_pages_of_ones_own_data_have_its_name(path, name):
    shown, _, digits = page_name("table", {"path": path}).rpartition("-")
    assert shown == name
    assert re.fullmatch("[0-9a-f]{6}", digits)


def test_pages_of_files_of_one_name_stand_side_by_side():
    one, other = ({"path": f"/{folder}/data.csv"} for folder in "ab")
    assert page_name("table", one) == page_name("table", dict(one))
    assert page_name("table", one) != page_name("table", other)


def test_pages_with_and_without_labels_stand_side_by_side():
    pages = [
        page_name("table", {"path": "/a/data.csv", **labels})
        for labels in ({}, {"labels": ["label_*"]}, {"labels": ["other"]}, {"labels": None})
    ]
    assert len(set(pages)) == 4
    named = [page.rpartition("-")[0] for page in pages]
    assert named[:2] == ["table-data.csv", "table-data.csv-labels"]
    assert named[2:] == ["table-data.csv-labels", "table-data.csv-no-labels"]
    # Other options change what the page says, not where it is.
    assert page_name("table", {"path": "/a/data.csv", "val": 0.3}) == pages[0]


TEXTS = ["plain", "with space", "it's", 'quo"te', "$HOME `ls`", "null", "1", "a,b=[c]", "", "|"]
BACKSLASHES = ["\\x\n", "\\", '\\"', "a\\b", "é"]


@pytest.mark.parametrize("value", [*TEXTS, *BACKSLASHES, 3, 0.5, None, True, ["a", "b c"], []])
def test_the_words_shown_give_the_same_options(value):
    words = words_of("digits", {"split_seed": value})
    assert compose_config(shlex.split(words))["dataset"]["split_seed"] == value


def test_a_word_in_a_column_of_numbers_is_told(workdir, capsys):
    lines = ["weight,height,sex", *(f"{n * 1.5},{n},{'fm'[n % 2]}" for n in range(60))]
    lines[30] = "heavy,29,f"
    (workdir / "people.csv").write_text("\n".join(lines) + "\n")
    assert main(["data", "dataset=table", "dataset.path=people.csv"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "weight has numbers and also the word 'heavy'" in told
    assert "height has" not in told
    assert "sex has" not in told
    (workdir / "people.csv").write_text("\n".join(line for line in lines if "heavy" not in line))
    assert main(["data", "dataset=table", "dataset.path=people.csv"]) == 0
    assert "has numbers and also" not in " ".join(capsys.readouterr().out.split())


def test_sample_rows_are_in_the_tables_own_units(workdir, capsys):
    ages = np.random.default_rng(0).integers(20, 70, 40)
    lines = [f"{age},{'red' if age % 2 else 'blue'}" for age in ages]
    (workdir / "people.csv").write_text("\n".join(["age,colour", *lines]) + "\n")
    assert main(["data", "dataset=table", "dataset.path=people.csv"]) == 0
    rows = re.findall(r"^ (?:train|val|test) \d+: .*", capsys.readouterr().out, re.MULTILINE)
    assert rows
    known = set(ages.tolist())
    # The label of a row without one is empty: its values are the last three words.
    assert all(int(row.split()[-3]) in known for row in rows)
    assert {tuple(row.split()[-2:]) for row in rows} <= {("1", "0"), ("0", "1")}
    (page,) = workdir.glob("reports/data/*/index.html")
    shown = re.findall(
        r"<tr><th scope=\"row\">\d+</th><td[^>]*>.*?</td><td>(\d+)</td>", page.read_text()
    )
    assert shown
    assert {int(age) for age in shown} <= known
