"""Data sets of the Hugging Face hub, from folders that stand for repositories there."""

import json
import sys

import numpy as np
import pytest
from helpers import node
from PIL import Image

from narrows.build import make
from narrows.check import check_node
from narrows.cli import main
from narrows.datasets.hub import Hub
from narrows.datasets.image_folder import ImageFolder
from narrows.errors import UserError
from narrows.packing import prepare, read_card
from narrows.readers import hub as reader

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAMES = ["cat", "dog", "mouse"]


@pytest.fixture
def library(tmp_path, monkeypatch):
    """The package, with folders below tmp_path/hub as the hub's repositories."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    package = pytest.importorskip("datasets")
    if package.__file__ is None:
        pytest.skip("the package datasets is not installed: this is the folder of tests")
    reader.open_source.cache_clear()
    monkeypatch.setattr(package.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    whole, calls = package.load_dataset_builder, []

    def load_builder(path, config=None, revision=None):
        calls.append((path, config, revision))
        folder = tmp_path / "hub" / path.removeprefix("hf://datasets/")
        if not folder.is_dir():
            raise package.exceptions.DatasetNotFoundError("it says much\nin many lines")
        builder = whole(str(folder), config, cache_dir=str(tmp_path / "cache"))
        builder.hash = COMMIT
        return builder

    monkeypatch.setattr(package, "load_dataset_builder", load_builder)
    package.calls, package.whole = calls, whole
    package.disable_progress_bars()
    yield package
    reader.open_source.cache_clear()


def publish(library, folder, split, columns, features):
    """Put a split into a repository."""
    folder.mkdir(parents=True, exist_ok=True)
    data = library.Dataset.from_dict(columns, features=library.Features(features))
    data.to_parquet(str(folder / f"{split}-00000-of-00001.parquet"))


def pictures(shades):
    return [Image.new("L", (12, 8), shade) for shade in shades]


@pytest.fixture
def photos(library, tmp_path):
    """A repository: 30 pictures to train of shade 0..29, 5 to test of shade 100..104."""
    folder = tmp_path / "hub/owner/photos"
    features = {
        "id": library.Value("int64"),
        "image": library.Image(),
        "kind": library.ClassLabel(names=NAMES),
        "tags": library.List(library.Value("string")),
        "score": library.Value("float32"),
    }
    for split, shades in (("train", range(30)), ("test", range(100, 105))):
        columns = {
            "id": list(shades),
            "image": pictures(shades),
            "kind": [-1 if 24 <= s < 30 else s % 3 for s in shades],
            "tags": [["even"] if s % 2 == 0 else [] for s in shades],
            "score": [0.5] * len(shades),
        }
        publish(library, folder, split, columns, features)
    return folder


def load(tmp_path, name="owner/photos", **options):
    data = Hub(name=name, **{"size": 8, "channels": 1, **options})
    return data, data.load(tmp_path)


def shades(part):
    block = part.x.block(0, part.x.shape[0])
    assert not block.problems
    return block.values[:, 0, 4, 4].tolist()


def test_splits_and_classes_are_those_of_the_hub(photos, tmp_path):
    data, parts = load(tmp_path, val=0.25)
    spec = data.spec()
    assert (spec.shape, spec.labels, spec.kind) == ((1, 8, 8), tuple(NAMES), "image")
    train, val, test = (shades(parts[p]) for p in ("train", "val", "test"))
    assert test == [*range(100, 105)]
    assert sorted(train + val) == [*range(30)]
    assert len(val) == 6
    assert train[-6:] == [*range(24, 30)]
    assert parts["train"].labelled == 18
    for part, found in zip(parts.values(), (train, val, test), strict=True):
        for row, shade in enumerate(found):
            expected = [0, 0, 0]
            if not 24 <= shade < 30:
                expected[shade % 3] = 1
            assert part.y[row].tolist() == expected
    facts = data.facts()
    assert facts["commit"] == COMMIT
    assert facts["splits"] == {"train": {"rows": 30, "part": "train"},
                               "test": {"rows": 5, "part": "test"}}  # fmt: skip
    assert "as the hub's splits say" in data.split_rule


def test_another_column_of_labels(photos, tmp_path):
    data, parts = load(tmp_path, labels="tags")
    assert data.spec().labels == ("even",)
    for part in parts.values():
        assert part.y[:, 0].tolist() == [int(s % 2 == 0) for s in shades(part)]
        assert part.labelled == len(part.y)


def test_it_is_prepared_with_a_card_as_a_folder_of_the_same_pictures(photos, tmp_path):
    prepare(Hub(name="owner/photos", size=8, channels=1), {"name": "owner/photos"}, tmp_path / "a")
    for split, some in (("train", range(30)), ("test", range(100, 105))):
        for shade in some:
            kind = "unlabelled" if 24 <= shade < 30 else f"{split}/{NAMES[shade % 3]}"
            path = tmp_path / "photos" / kind / f"{shade:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pictures([shade])[0].save(path)
    prepare(ImageFolder(path=str(tmp_path / "photos"), size=8, channels=1), {}, tmp_path / "b")
    for part in ("train", "val", "test"):
        x, same = (np.load(tmp_path / f / f"{part}.x.npy") for f in "ab")
        assert sorted(x[:, 0, 0, 0]) == sorted(same[:, 0, 0, 0]) or part != "test"
        assert x.shape == same.shape
        assert x.dtype == same.dtype
    card = read_card(tmp_path / "a")
    assert card["facts"]["commit"] == COMMIT
    assert card["dataset"] == {"name": "owner/photos"}


def test_the_hub_is_asked_once_and_never_for_a_folder_here(photos, library, tmp_path, monkeypatch):
    monkeypatch.chdir(photos.parents[1])
    load(tmp_path, revision="v1", config="default")
    load(tmp_path, revision="v1", config="default")
    assert library.calls == [("hf://datasets/owner/photos", "default", "v1")]


def test_a_single_split_is_split(photos, library, tmp_path):
    (photos / "test-00000-of-00001.parquet").unlink()
    data, parts = load(tmp_path)
    assert sorted(shade for part in parts.values() for shade in shades(part)) == [*range(30)]
    assert len(parts["val"].y) == 2
    assert len(parts["test"].y) == 5
    assert data.split_rule.startswith("random with seed 0")


def repository(library, tmp_path, splits, name="owner/other"):
    """A repository of pictures: {split: (shades, class of all)}."""
    folder = tmp_path / "hub" / name
    features = {"image": library.Image(), "label": library.ClassLabel(names=NAMES)}
    for split, (some, label) in splits.items():
        columns = {"image": pictures(some), "label": [label] * len(some)}
        publish(library, folder, split, columns, features)
    configs = [{"split": s, "path": f"{s}-*.parquet"} for s in splits]
    text = json.dumps({"configs": [{"config_name": "default", "data_files": configs}]})
    (folder / "README.md").write_text(f"---\n{text}\n---\n")


def test_secret_labels_unlabelled_and_other_splits(library, tmp_path):
    splits = {"train": (range(20), 0), "validation": (range(50, 54), 1),
              "test": (range(60, 64), -1), "unsupervised": (range(70, 73), 2),
              "extra": (range(80, 90), 2)}  # fmt: skip
    repository(library, tmp_path, splits)
    data, parts = load(tmp_path, "owner/other")
    assert shades(parts["val"]) == [*range(50, 54)]
    assert shades(parts["train"])[-3:] == [70, 71, 72]
    assert not parts["train"].y[-3:].any()
    assert sorted(shades(parts["train"])[:-3] + shades(parts["test"])) == [*range(20)]
    assert data.facts()["splits_left_out"] == {"extra": "its name says no part",
                                               "test": "none of its rows has labels"}  # fmt: skip
    chosen = {"extra": "train", "validation": "test", "test": "unlabelled"}
    data, parts = load(tmp_path, "owner/other", splits=chosen)
    assert shades(parts["test"]) == [*range(50, 54)]
    assert sorted(shades(parts["train"]) + shades(parts["val"])) == [*range(60, 64), *range(80, 90)]
    assert shades(parts["train"])[-4:] == [*range(60, 64)]


def test_splits_that_say_no_part_are_told(library, tmp_path):
    repository(library, tmp_path, {"large": (range(5), 0), "small": (range(5), 1)})
    with pytest.raises(UserError, match=r"splits large, small; .*dataset\.splits=\{large: train\}"):
        load(tmp_path, "owner/other")
    with pytest.raises(UserError, match="no split 'smal'; did you mean 'small'"):
        load(tmp_path, "owner/other", splits={"smal": "train"})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"labels": "knd"}, "no column 'knd'; did you mean 'kind'"),
        ({"labels": "score"}, "'score' does not hold classes, words or whole numbers"),
        ({"image": "tags"}, "'tags' does not hold images"),
        ({"config": "nope"}, r"BuilderConfig 'nope' not found.*dataset\.config=…"),
        ({"name": "owner/nothing"}, "owner/nothing is not on the hub.*hf auth login"),
        ({"name": "photos"}, "dataset.name=photos is no name on the hub; write OWNER/NAME"),
        ({"name": "../photos"}, "is no name on the hub"),
        ({"revision": "beef123"}, f"the copy here is of commit {COMMIT}, not beef123"),
    ],
)
def test_mistakes_are_told_in_a_line(photos, tmp_path, options, told):
    with pytest.raises(UserError, match=told) as error:
        load(tmp_path, **options)
    assert "\n" not in str(error.value)


def test_several_columns_of_a_kind_have_to_be_chosen_from(library, tmp_path):
    features = {"image": library.Image(), "fine": library.ClassLabel(names=NAMES),
                "coarse": library.List(library.ClassLabel(names=NAMES))}  # fmt: skip
    columns = {"image": pictures(range(9)), "fine": [0, 1, 2] * 3, "coarse": [[0, 2], [], [1]] * 3}
    publish(library, tmp_path / "hub/owner/photos", "train", columns, features)
    with pytest.raises(UserError, match=r"fine, coarse; choose one with dataset\.labels=…"):
        load(tmp_path)
    _, parts = load(tmp_path, labels="coarse", val=0.3, test=0.3)
    for part in parts.values():
        rows = [[[1, 0, 1], [0, 0, 0], [0, 1, 0]][s % 3] for s in shades(part)]
        assert part.y.tolist() == rows


def test_texts_alone_are_told(library, tmp_path):
    features = {"text": library.Value("string")}
    publish(library, tmp_path / "hub/owner/news", "train", {"text": ["a", "b"]}, features)
    with pytest.raises(UserError, match=r"no column of images, but text; .*dataset=documents"):
        Hub(name="owner/news").spec()


def test_a_broken_picture_stops_or_is_left_out(library, tmp_path):
    folder = tmp_path / "hub/owner/photos"
    features = {"image": library.Image(), "label": library.ClassLabel(names=NAMES)}
    cells = pictures(range(20))
    cells[13] = {"bytes": b"Dear all", "path": None}
    publish(library, folder, "train", {"image": cells, "label": [0] * 20}, features)
    with pytest.raises(UserError, match="owner/photos, train: the image in row 14 is no image"):
        prepare(Hub(name="owner/photos"), {}, tmp_path / "data")
    prepare(Hub(name="owner/photos", on_error="skip"), {}, tmp_path / "data")
    assert "row 14 is no image" in read_card(tmp_path / "data")["skipped"][0]["problem"]


def test_a_file_that_is_broken_is_told(photos, tmp_path):
    path = photos / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UserError, match="owner/photos cannot be read") as error:
        load(tmp_path)
    assert "\n" not in str(error.value)


def test_repositories_of_image_files_and_the_files_they_may_name(library, tmp_path, monkeypatch):
    folder = tmp_path / "hub/owner/files"
    for i in range(20):
        path = folder / NAMES[i % 2] / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pictures([i])[0].save(path)
    _, parts = load(tmp_path, "owner/files")
    # This repository lies where it is, not among what was fetched.
    told = parts["train"].x.block(0, 1).problems[0]
    assert "which was not fetched with the data set" in told
    monkeypatch.setattr(library.config, "DOWNLOADED_DATASETS_PATH", folder)
    reader.open_source.cache_clear()
    data, parts = load(tmp_path, "owner/files")
    assert data.spec().labels == ("cat", "dog")
    for part in parts.values():
        assert part.y.argmax(1).tolist() == [shade % 2 for shade in shades(part)]


def test_without_a_network_it_is_told(library, tmp_path, monkeypatch):
    def unreachable(*_, **__):
        try:
            raise OSError(-2, "Name or service not known")
        except OSError as error:
            raise ConnectionError("Couldn't reach it") from error

    monkeypatch.setattr(library, "load_dataset_builder", unreachable)
    with pytest.raises(UserError, match="owner/photos: the hub cannot be reached; connect"):
        load(tmp_path)
    # The package itself, which is told not to look for the network.
    monkeypatch.setattr(library, "load_dataset_builder", library.whole)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(library.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="owner/photos: the hub cannot be reached; connect"):
        load(tmp_path)


def test_a_full_disk_is_no_mistake_of_the_data_set(library, photos, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "cache")

    monkeypatch.setattr(library.DatasetBuilder, "download_and_prepare", full)
    with pytest.raises(OSError, match="No space left") as error:
        load(tmp_path)
    assert error.value.errno == 28


def test_without_the_package_it_is_told_how_to_get_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "datasets", None)
    monkeypatch.chdir(tmp_path)
    reader.open_source.cache_clear()
    words = ["train", "dataset=hub", "dataset.name=owner/photos", "tracker=none", "trainer=cpu"]
    assert main(words) == 2
    assert capsys.readouterr().err.strip() == (
        "narrows: error: dataset=hub needs the package datasets; pip install 'narrows[hub]'"
    )


def test_a_folder_that_is_called_as_the_package_is_not_taken_for_it(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "nothing_else_is_called_so").mkdir()
    with pytest.raises(UserError, match="needs the package datasets"):
        reader._import("nothing_else_is_called_so")


def test_options_are_checked_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    options = {**node("dataset", "hub"), "name": "owner/photos"}
    check_node(options, "dataset")
    check_node({**options, "splits": {"extra": "train"}}, "dataset")
    assert make({**options, "splits": {"extra": "train"}}).splits == {"extra": "train"}
    with pytest.raises(UserError, match="splits"):
        check_node({**options, "splits": {"extra": "more"}}, "dataset")
    with pytest.raises(UserError, match="path is not an option"):
        check_node({**options, "path": "x"}, "dataset")


def test_the_command_line_trains_on_it(photos, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["train", "dataset=hub", "dataset.name=owner/photos", "dataset.size=8",
             "dataset.channels=1", "tracker=none", "trainer=cpu", "epochs=1"]  # fmt: skip
    assert main([*words, "encoder.code_size=4", "dataset.splits={train: train}"]) == 0
    assert main([*words, "task=multi_label", "decoder=linear", "loss=logistic"]) == 0
    assert "average_precision" in capsys.readouterr().out
