"""New examples become what the same examples are in the prepared data."""

import gzip
import json
import zipfile
from contextlib import chdir

import numpy as np
import pytest
import torch
from PIL import Image
from trained import WORDS, images, prepared, rows, source, table, train

from narrows import runs
from narrows.errors import UserError
from narrows.loading import PackedDataset
from narrows.new_examples import read_examples


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Runs that are trained when they are asked for, and a function that reads for them."""
    folders = {}

    def of(kind, path):
        if kind not in folders:
            folder = tmp_path_factory.mktemp(kind)
            folders[kind] = folder, train(folder, kind)
        folder, name = folders[kind]
        with chdir(folder):
            return read_examples(folder / path, folder / runs.RUNS / name).x

    def at(kind):
        of(kind, rows_of_none(folders, tmp_path_factory, kind))
        return folders[kind][0]

    return of, at


def rows_of_none(folders, tmp_path_factory, kind):
    path = tmp_path_factory.mktemp("rows") / "one.rows"
    path.write_text("0")
    return path


def dense(x):
    return x if isinstance(x, torch.Tensor) else x[0 : len(x)]


def packed(folder):
    """All packed examples, as bytes."""
    parts = (PackedDataset.open(prepared(folder), part).x for part in ("train", "val", "test"))
    return torch.cat([dense(part) for part in parts])


def assert_same_rows(x, whole):
    """Check that these are all the packed examples, in whatever order."""

    def keys(a):
        return sorted(row.numpy().tobytes() for row in dense(a))

    assert keys(x) == keys(whole)


@pytest.mark.parametrize("kind", ["table", "documents", "images", "arrays"])
def test_the_models_own_file_becomes_its_packed_examples(read, kind):
    of, at = read
    folder = at(kind)
    path = {
        "table": "data.csv", "documents": "data.jsonl", "images": "photos", "arrays": "data.npz",
    }[kind]  # fmt: skip
    x = of(kind, path)
    assert x.shape == packed(folder).shape
    assert_same_rows(x, packed(folder))


@pytest.mark.parametrize("kind", ["table", "documents", "images", "arrays", "digits"])
@pytest.mark.parametrize("name", ["some.rows", "some.txt"])
def test_rows_of_the_training_part(read, kind, name):
    of, at = read
    folder = at(kind)
    train = PackedDataset.open(prepared(folder), "train")
    x = of(kind, rows(folder, name, [5, 0, 17, 5]))
    assert torch.equal(dense(x), dense(train.x)[[5, 0, 17, 5]])
    assert dense(x).dtype == dense(train.x).dtype


def test_a_table_with_other_columns_missing_values_and_words(read):
    of, at = read
    folder = at("table")
    facts = json.loads((prepared(folder) / "card.json").read_text())["facts"]["columns"]
    size, weight, colour = facts
    text = "colour,extra,size,weight\nred,x,1.5,\npink,y,-2,70\n"
    (folder / "new.csv").write_text(text)
    assert colour["categories"] == ["blue", "green", "red"]
    expected = [
        [(1.5 - size["mean"]) / size["std"], 0, 1, 0, 0, 1],
        [(-2 - size["mean"]) / size["std"], (70 - weight["mean"]) / weight["std"], 0, 0, 0, 0],
    ]
    np.testing.assert_allclose(of("table", "new.csv"), expected, rtol=1e-5)


def test_a_parquet_table_is_read_as_a_csv_one(read):
    from pyarrow import csv, parquet

    of, at = read
    folder = at("table")
    table(folder / "more.csv", 9, seed=5)
    parquet.write_table(csv.read_csv(folder / "more.csv"), folder / "more.parquet")
    assert torch.equal(of("table", "more.csv"), of("table", "more.parquet"))


def test_documents_in_every_form(read):
    of, at = read
    folder = at("documents")
    texts = [WORDS[1], "unheard-of words", WORDS[4]]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    (folder / "new.jsonl").write_text(lines)
    (folder / "new.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "new.csv").write_text("\n".join(["text", *texts]))
    (folder / "texts").mkdir()
    for number, text in enumerate(texts):
        (folder / "texts" / f"{number}.txt").write_text(text)
    forms = [dense(of("documents", f"new.{e}")) for e in ("jsonl", "jsonl.gz", "csv")]
    forms.append(dense(of("documents", "texts")))
    assert all(torch.equal(form, forms[0]) for form in forms)
    assert (forms[0][1] == 0).all()
    torch.testing.assert_close(forms[0].norm(dim=1), torch.tensor([1.0, 0.0, 1.0]))


def test_images_in_every_form(read):
    of, at = read
    folder = at("images")
    images(folder / "more", 4, seed=3, size=(20, 16))
    names = sorted(p.relative_to(folder) for p in (folder / "more").rglob("*.png"))
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        for name in names:
            archive.write(folder / name, name)
    (folder / "list.txt").write_text("\n".join(map(str, names)) + "\n\n")
    x = of("images", "more")
    assert x.shape == (4, 3, 8, 8)
    assert torch.equal(of("images", "more.zip"), x)
    assert torch.equal(of("images", "list.txt"), x)
    assert torch.equal(of("images", names[2]), x[2:3])


def test_images_for_a_published_set_get_its_size(read, capsys):
    of, at = read
    image = np.arange(64, dtype=np.uint8).reshape(8, 8) * 3
    Image.fromarray(image).save(at("digits") / "eight.png")
    Image.fromarray(image.repeat(2, 0).repeat(2, 1)).convert("RGB").save(at("digits") / "large.png")
    capsys.readouterr()
    assert torch.equal(of("digits", "eight.png")[0, 0], torch.from_numpy(image))
    assert capsys.readouterr().err == ""
    (at("digits") / "both.txt").write_text("eight.png\nlarge.png")
    assert of("digits", "both.txt").shape == (2, 1, 8, 8)
    told = capsys.readouterr().err
    assert told.startswith("1 of 2 images in ")
    assert told.endswith("cut to its proportions and brought to 8 × 8 pixels\n")


def test_arrays_as_packed(read):
    of, at = read
    train = PackedDataset.open(prepared(at("digits")), "train").x[:6]
    np.save(at("digits") / "six.npy", train.numpy())
    np.savez_compressed(at("digits") / "six.npz", x=train.numpy()[:, 0], other=np.zeros(3))
    assert torch.equal(of("digits", "six.npy"), train)
    assert torch.equal(of("digits", "six.npz"), train)


MISTAKES = [
    ("table", "gone.csv", None, "gone.csv is not there"),
    ("table", "some.png", b"x", "does not fit this model's data; give a .csv"),
    ("arrays", "new.csv", b"a,b\n1,2\n", "does not fit this model's data; give an .npy"),
    ("table", "new.csv", b"size,wieght,colour\n1,2,red\n", "did you mean 'wieght'?"),
    ("table", "new.csv", b"size,weight,colour\n1,heavy,red\n", "heavy"),
    ("table", "new.csv", b"size,weight,colour\n1,1e60,red\n", "line 2: column 'weight' is inf"),
    ("table", "new.csv", b"size,weight,colour\n", "holds no example"),
    ("table", "new.csv", b"size,weight,colour\n1,2\n", "line 2: 2 values"),
    ("table", "new.rows", b"0\n60", "'60' is no row of the training part; give numbers from 0"),
    ("table", "new.rows", b"1\nx", "'x' is no row"),
    ("table", "new.rows", b"", "holds no example"),
    ("documents", "new.jsonl", b'{"text": 3}\n', "has 3 as 'text'"),
    ("documents", "new.jsonl", b'{"body": "a"}\n', "has no field 'text'"),
    ("documents", "new.pdf", b"x", "does not fit this model's data; give a .jsonl"),
    ("images", "new.png", b"x", "new.png is no image"),
    ("images", "new.txt", b"newer.png\n", "newer.png is no file"),
    ("images", "new.txt", b"\xff\xfe", "is no text"),
    ("images", "new.txt", b"\n", "is empty"),
    ("images", "new.zip", b"x", "is no .zip archive"),
    ("images", "new.csv", b"x", "does not fit this model's data; give a folder"),
    ("arrays", "new.npy", b"x", "is broken"),
]


@pytest.mark.parametrize(("kind", "name", "content", "told"), MISTAKES)
def test_mistakes_are_told_in_one_line(read, kind, name, content, told):
    of, at = read
    if content is not None:
        (at(kind) / name).write_bytes(content)
    with pytest.raises(UserError) as raised:
        of(kind, name)
    text = str(raised.value)
    assert told in text
    assert name.split(".")[0] in text
    assert "\n" not in text
    assert "dataset." not in text


def test_arrays_of_another_shape_or_with_nan_are_refused(read):
    of, at = read
    np.save(at("arrays") / "wide.npy", np.zeros((3, 6)))
    with pytest.raises(UserError, match=r"shape \(6,\), but the model's have \(5,\)"):
        of("arrays", "wide.npy")
    np.save(at("arrays") / "holes.npy", np.full((3, 5), np.nan))
    with pytest.raises(UserError, match="row 0 has NaN"):
        of("arrays", "holes.npy")
    np.save(at("digits") / "floats.npy", np.zeros((3, 1, 8, 8)))
    with pytest.raises(UserError, match="images are uint8"):
        of("digits", "floats.npy")


def test_an_empty_folder_holds_no_example(read):
    of, at = read
    (at("images") / "empty").mkdir()
    with pytest.raises(UserError, match="holds no example"):
        of("images", "empty")
    assert source("digits", at("images")) == ["dataset=digits"]
