"""Folders of images: labels, parts, and what is not as it should be."""

import csv
import os
import subprocess
import sys
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from PIL import Image

from narrows.cli import main
from narrows.datasets.image_folder import ImageFolder
from narrows.errors import UserError
from narrows.packing import prepare, prepared, read_card

SIDE = 8


def draw(path, shade):
    """A picture of one shade: it tells by its pixels which file it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (20, 20), shade).save(path)


def shades(part):
    x = part.x.block(0, part.x.shape[0]).values
    return x[:, 0, 3, 3].tolist()


def load(path, **options):
    data = ImageFolder(path=str(path), **{"size": SIDE, "channels": 1, **options})
    return data, data.load(path)


@pytest.fixture
def classes(tmp_path):
    """30 cats of shades 0..29, 20 dogs of shades 100..119, 10 pictures of nobody: 200..209."""
    folder = tmp_path / "photos"
    for i in range(30):
        draw(folder / f"cat/{i:02d}.png", i)
    for i in range(20):
        draw(folder / f"dog/deep/er/{i:02d}.bmp", 100 + i)
    for i in range(10):
        draw(folder / f"{i}.png", 200 + i)
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.png").write_text("not even looked at")
    return folder


def check_classes(data, parts):
    assert data.spec().labels == ("cat", "dog")
    assert data.spec().shape == (1, SIDE, SIDE)
    seen = []
    for name, part in parts.items():
        found = shades(part)
        seen += found
        labelled = len(found) if part.labelled is None else part.labelled
        for row, shade in enumerate(found):
            assert (row < labelled) == (shade < 200)
            assert part.y[row].tolist() == [int(shade < 30), int(100 <= shade < 120)]
        cats = sum(shade < 30 for shade in found)
        assert cats == {"train": 21, "val": 3, "test": 6}[name]
    assert sorted(seen) == [*range(30), *range(100, 120), *range(200, 210)]
    assert data.facts()["files_without_image"] == 1


def test_names_of_subfolders_are_labels_and_the_rest_is_unlabelled(classes):
    check_classes(*load(classes))


def test_an_archive_is_read_as_the_folder_is(classes, tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(classes.rglob("*"), reverse=True):
            archive.write(file, file.relative_to(classes))
    data = ImageFolder(path=str(path), size=SIDE, channels=1)
    check_classes(data, data.load(tmp_path))
    prepare(data, {}, tmp_path / "zip")
    prepare(load(classes)[0], {}, tmp_path / "folder")
    assert (tmp_path / "zip/card.json").read_text() == (tmp_path / "folder/card.json").read_text()


def test_the_split_is_a_function_of_its_seed(classes):
    train, same, other = (shades(load(classes, split_seed=seed)[1]["train"]) for seed in (3, 3, 4))
    assert train == same
    assert sorted(train) != sorted(other)


@pytest.mark.parametrize("names", [("train", "val", "test"), ("Training", "valid", "TEST")])
def test_folders_that_are_named_so_are_the_parts(tmp_path, names):
    for number, name in enumerate(names):
        for i in range(4):
            draw(tmp_path / name / ("left", "right")[i % 2] / f"{i}.png", 50 * number + i)
    for i in range(3):
        draw(tmp_path / f"unlabelled/{i}.png", 200 + i)
    data, parts = load(tmp_path)
    assert data.spec().labels == ("left", "right")
    assert shades(parts["train"]) == [0, 2, 1, 3, 200, 201, 202]
    assert parts["train"].labelled == 4
    assert shades(parts["val"]) == [50, 52, 51, 53]
    assert parts["test"].y.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]
    assert data.split_rule.startswith("as the folders train, val and test say")


def test_validation_is_split_off_training_where_no_folder_is_given(tmp_path):
    for i in range(20):
        draw(tmp_path / f"train/{'ab'[i % 2]}/{i}.png", i)
    for i in range(4):
        draw(tmp_path / f"test/{'ab'[i % 2]}/{i}.png", 100 + i)
    _, parts = load(tmp_path, val=0.2)
    assert sorted(shades(parts["train"]) + shades(parts["val"])) == list(range(20))
    assert parts["val"].y.sum(0).tolist() == [2, 2]
    assert sorted(shades(parts["test"])) == [100, 101, 102, 103]


@pytest.fixture
def numbered(tmp_path):
    folder = tmp_path / "photos"
    for i in range(40):
        draw(folder / f"{i}.png", i)
    return folder


def labels_of(i):
    return [name for name, every in (("two", 2), ("three", 3)) if i % every == 0]


def write_labels(path, kind, rows):
    """Write labels of images 0..29: 0/1 columns or lists, as CSV or Parquet."""
    if kind == "columns":
        table = {"file": [f"{i}.png" for i in rows]}
        table |= {n: [int(n in labels_of(i)) for i in rows] for n in ("two", "three")}
    else:
        table = {"file": [f"{i}.png" for i in rows], "all": ["; ".join(labels_of(i)) for i in rows]}
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pa.table(table), path)
        return
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([list(table), *zip(*table.values(), strict=True)])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("kind", ["columns", "lists"])
def test_a_file_of_labels(numbered, kind, suffix):
    write_labels(numbered / f"labels.{suffix}", kind, range(30))
    separator = {"label_separator": ";"} if kind == "lists" else {}
    data, parts = load(numbered, labels=f"labels.{suffix}", **separator)
    names = data.spec().labels
    assert sorted(names) == ["three", "two"]
    for part in parts.values():
        for row, shade in enumerate(shades(part)):
            # An empty value is none: it does not say that there are no labels.
            empty = kind == "lists" and not labels_of(shade)
            assert (row < part.labelled) == (shade < 30 and not empty)
            expected = labels_of(shade) if shade < 30 else []
            assert {n for n, v in zip(names, part.y[row], strict=True) if v} == set(expected)


def test_a_file_of_classes(numbered):
    path = numbered.parent / "classes.csv"
    path.write_text("name,kind\n" + "".join(f"{i}.png,{'xyz'[i % 3]}\n" for i in range(40)))
    data, parts = load(numbered, labels=str(path), file_column="name", label_columns=["kind"])
    assert data.spec().labels == ("x", "y", "z")
    for part in parts.values():
        assert part.y.argmax(1).tolist() == [shade % 3 for shade in shades(part)]


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("file,two\n7.png,1\n99.png,0\n", {}, "line 3: there is no image '99.png'"),
        ("file,two\n7.png,1\n8.png,0\n7.png,0\n", {}, "line 4: image '7.png' has an earlier row"),
        ("file,two\n7.png,maybe\n8.png,1\n", {"label_columns": ["two"]}, None),
        ("file,two,n\n7.png,1,4\n", {}, "line 2: label column 'n' has '4', not 0 or 1"),
        ("file,two,n\n7.png,1\n", {}, "line 2: 2 values where the heading has 3"),
        ("file;two\n7.png;1\n", {"separator": ";", "file_column": "name"}, "no column 'name'"),
        ("file,w\xf6rter\n7.png,1\n", {}, r"line 1: byte 6 is not UTF-8.*encoding=latin-1"),
        ("file,two\n", {}, "has no row"),
        ("file\n7.png\n", {}, "no column with labels"),
        ("name,two\n7.png,1\n", {}, "no column 'file'"),
        ("file,two\n7.png,1\n", {"label_columns": "l_*"}, r"no column 'l_\*'"),
    ],
)
def test_label_files_that_do_not_fit_are_told(numbered, text, options, told):
    path = numbered / "labels.csv"
    path.write_text(text, encoding="latin-1")
    if told is None:
        data = ImageFolder(path=str(numbered), labels="labels.csv", **options)
        assert data.spec().labels == ("1", "maybe")
        return
    with pytest.raises(UserError, match=told) as error:
        load(numbered, labels="labels.csv", **options)
    assert str(path) in str(error.value)


def test_a_label_file_in_another_encoding_is_read(numbered):
    text = "file;größe\n" + "".join(f"{i}.png;{'äö'[i % 2]}\n" for i in range(30))
    (numbered / "labels.csv").write_text(text, encoding="latin-1")
    options = {"labels": "labels.csv", "encoding": "latin-1", "separator": ";"}
    assert load(numbered, **options)[0].spec().labels == ("ä", "ö")


def test_a_class_that_only_rows_have_that_are_left_out_is_no_label(numbered):
    rows = "".join(f"{i}.png,{'xy'[i % 2]}\n" for i in range(30))
    (numbered / "labels.csv").write_text(f"file,kind\n{rows}99.png,z\n")
    data, _ = load(numbered, labels="labels.csv", on_error="skip")
    assert data.spec().labels == ("x", "y")


def test_a_file_at_the_top_does_not_hide_the_parts(tmp_path):
    for i in range(8):
        draw(tmp_path / f"train/{'ab'[i % 2]}/{i}.png", i)
        draw(tmp_path / f"test/{'ab'[i % 2]}/{i}.png", 100 + i)
    draw(tmp_path / "cover.png", 200)
    data, parts = load(tmp_path, val=0.25)
    assert data.spec().labels == ("a", "b")
    assert all(100 <= shade < 200 for shade in shades(parts["test"]))


def test_a_link_to_a_folder_is_told(classes, tmp_path):
    draw(tmp_path / "elsewhere/1.png", 1)
    (classes / "test").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="test is a link to a folder"):
        ImageFolder(path=str(classes)).spec()


def test_what_is_no_file_is_told_and_not_waited_for(numbered):
    os.mkfifo(numbered / "pipe.png")
    with pytest.raises(UserError, match=r"pipe\.png is no file"):
        prepare(load(numbered)[0], {}, numbered.parent / "data")


def test_blank_images_are_no_duplicates_and_no_trouble(tmp_path):
    for i in range(12):
        Image.new("RGB", (20, 20), "white").save(tmp_path / f"{i}.png")
    prepare(ImageFolder(path=str(tmp_path), size=700), {}, tmp_path / "data")
    duplicates = read_card(tmp_path / "data")["duplicates"]
    assert sum(duplicates["blank"].values()) == 12
    assert all(pair["exact"] == pair["near"] == 0 for pair in duplicates["pairs"])


def test_a_test_part_without_labels_is_told_before_training(tmp_path, monkeypatch, capsys):
    for i in range(20):
        draw(tmp_path / f"photos/train/{'ab'[i % 2]}/{i}.png", i)
        draw(tmp_path / f"photos/test/{i}.png", 100 + i)
    monkeypatch.chdir(tmp_path)
    words = ["train", "dataset=image_folder", "dataset.path=photos", "dataset.size=8"]
    labels = ["task=multi_label", "decoder=linear", "loss=logistic", "tracker=none"]
    assert main([*words, *labels]) == 2
    assert "no example of the test part has labels" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_rows_without_image_are_left_out_where_that_is_asked_for(numbered):
    write_labels(numbered / "labels.csv", "columns", [*range(30), 98, 99, 3])
    data, parts = load(numbered, labels="labels.csv", on_error="skip")
    told = data.facts()["left_out"]
    assert len(told) == 3
    assert "98.png" in told[0]
    assert sum(part.labelled for part in parts.values()) == 30


BROKEN = {
    "zero.png": b"",
    "letter.jpg": b"Dear all",
    "cut.png": None,
}


@pytest.fixture
def broken(numbered):
    """40 pictures, and six that cannot be used."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 20), dtype=np.uint8)
    Image.fromarray(noise).save(numbered / "cut.png")
    for name, content in BROKEN.items():
        half = (numbered / "cut.png").read_bytes()[:300]
        (numbered / name).write_bytes(half if content is None else content)
    secret = numbered.parent / "secret.png"
    draw(secret, 7)
    (numbered / "link.png").symlink_to(secret)
    (numbered / "nowhere.png").symlink_to("not-there.png")
    (numbered / "inside.png").symlink_to("5.png")
    return numbered


def test_what_cannot_be_read_stops_with_its_name(broken, tmp_path):
    for name, told in (("zero.png", "is no image"), ("letter.jpg", "is no image"),
                       ("cut.png", "is broken"), ("link.png", "leads out"),
                       ("nowhere.png", "cannot be opened")):  # fmt: skip
        only = tmp_path / name.replace(".", "_")
        for i in range(20):
            draw(only / f"{i}.png", i)
        (broken / name).rename(only / name)
        with pytest.raises(UserError, match=told) as error:
            prepare(load(only)[0], {}, tmp_path / "data")
        assert str(only / name) in str(error.value)
        assert "on_error=skip" in str(error.value)
        assert not (tmp_path / "data").exists()
        assert not (tmp_path / ".data.partial").exists()


def test_what_cannot_be_read_is_left_out_and_listed(broken, tmp_path):
    prepare(load(broken, on_error="skip")[0], {}, tmp_path / "data")
    card = read_card(tmp_path / "data")
    told = " ".join(s["problem"] for s in card["skipped"])
    for name in (*BROKEN, "link.png", "nowhere.png"):
        assert f"{name} " in told
    assert len(card["skipped"]) == 5
    packed = [np.load(tmp_path / f"data/{p}.x.npy")[:, 0, 3, 3] for p in ("train", "val", "test")]
    assert sorted(np.concatenate(packed).tolist()) == sorted([*range(40), 5])


def test_an_image_without_permission_is_told(numbered):
    (numbered / "7.png").chmod(0)
    if os.access(numbered / "7.png", os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(UserError, match=r"7\.png may not be read"):
        prepare(load(numbered)[0], {}, numbered.parent / "data")


@pytest.mark.parametrize("name", ["../out.png", "/etc/out.png", "a/../../out.png", "..\\out.png"])
def test_an_archive_that_leads_out_of_itself_is_refused(tmp_path, name):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"")
    with pytest.raises(UserError, match="leads out of it"):
        ImageFolder(path=str(path)).spec()


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all"])
def test_an_archive_that_is_none_is_told(tmp_path, content):
    path = tmp_path / "bad.zip"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"bad\.zip is no \.zip archive"):
        ImageFolder(path=str(path)).spec()


def test_folders_with_nothing_in_them_are_told(tmp_path):
    with pytest.raises(UserError, match="is not there"):
        ImageFolder(path=str(tmp_path / "nowhere")).spec()
    with pytest.raises(UserError, match="holds no image"):
        ImageFolder(path=str(tmp_path)).spec()
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(UserError, match="neither a folder nor"):
        ImageFolder(path=str(tmp_path / "file.txt")).spec()
    draw(tmp_path / "alone.png", 3)
    with pytest.raises(UserError, match="no example is left for the val part of 1"):
        load(tmp_path)


def test_an_empty_class_is_told_or_left_out(classes):
    (classes / "mouse").mkdir()
    with pytest.raises(UserError, match="nothing of class 'mouse'"):
        ImageFolder(path=str(classes)).spec()
    data, _ = load(classes, on_error="skip")
    assert data.spec().labels == ("cat", "dog")
    assert "mouse" in data.facts()["left_out"][0]


def test_the_command_line_trains_on_a_folder(classes, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["train", "dataset=image_folder", f"dataset.path={classes}", "dataset.size=8",
             "dataset.channels=1", "tracker=none", "trainer=cpu", "epochs=1"]  # fmt: skip
    labels = ["task=multi_label", "decoder=linear", "loss=logistic"]
    assert main([*words, "encoder.code_size=4"]) == 0
    assert main([*words, *labels]) == 0
    assert "average precision" in capsys.readouterr().out
    assert main([*words, *labels, "labels=36"]) == 2
    assert "35 training examples have labels" in capsys.readouterr().err
    assert main(["train", "dataset=image_folder", "tracker=none"]) == 2
    assert "dataset.path has no value; give one" in capsys.readouterr().err


def test_a_changed_picture_is_prepared_anew(classes, tmp_path):
    options = {"path": str(classes)}
    first = prepared(load(classes)[0], options, "", tmp_path / "data")
    assert prepared(load(classes)[0], options, "", tmp_path / "data") == first
    draw(classes / "cat/00.png", 77)
    assert prepared(load(classes)[0], options, "", tmp_path / "data") != first


LIMITED = """
import resource, sys
from pathlib import Path
from narrows.datasets.image_folder import ImageFolder
from narrows.errors import exit_code
from narrows.packing import prepare
LIMIT = {limit}
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    data = ImageFolder(path=sys.argv[1], size=[1000, 1200])
    sys.exit(exit_code(lambda: prepare(data, {{}}, Path(sys.argv[2]))))
"""


def test_memory_is_limited_though_the_packed_images_are_larger(tmp_path):
    limit, n = 400 << 20, 180
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(n):
        Image.new("RGB", (60, 50), (i % 256, i // 256, 9)).save(folder / f"{i:03d}.jpg")
    script = tmp_path / "script.py"
    script.write_text(LIMITED.format(limit=limit))
    command = [sys.executable, str(script), str(folder), str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    parts = read_card(tmp_path / "data")["parts"]
    assert sum(np.prod(p["x"]["shape"]) for p in parts.values()) > limit
    # The same limit does not let the packed images be read whole.
    whole = f"import numpy, resource; resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit})); "
    whole += f"numpy.load({str(tmp_path / 'data/train.x.npy')!r})"
    failed = subprocess.run([sys.executable, "-c", whole], capture_output=True, check=False)
    assert b"MemoryError" in failed.stderr
