"""`narrows encode`: codes are the encoder's, in files that other programs read."""

from contextlib import chdir

import numpy as np
import pytest
import torch
from coded import narrows, refused, train
from pyarrow import parquet
from trained import images, prepared, rows

from narrows import runs
from narrows.evaluation import load_run
from narrows.loading import PackedDataset


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with a run on digits, and its name."""
    folder = tmp_path_factory.mktemp("digits")
    return folder, train(folder, "digits")


def encoded(folder, name, x):
    module = load_run(folder / runs.RUNS / name).module.eval()
    with torch.no_grad():
        return module.encoder(x).numpy()


@pytest.mark.parametrize("suffix", ["parquet", "npz"])
def test_a_part_is_written_with_its_labels(digits, tmp_path, suffix, capsys):
    folder, name = digits
    out = tmp_path / f"codes.{suffix}"
    assert narrows(folder, "encode", f"model={name}", "test", "-o", str(out)) == 0
    test = PackedDataset.open(prepared(folder), "test")
    assert capsys.readouterr().out.startswith(f"{len(test)} codes of 4 values: ")
    z, y, names = read(out)
    assert z.dtype == np.float32
    assert np.array_equal(z, encoded(folder, name, test.x.float() / 255))
    assert np.array_equal(y, test.y)
    assert names == list("0123456789")


def read(path):
    if path.suffix == ".npz":
        with np.load(path) as file:
            return file["x"], file["y"], file["label_names"].tolist()
    table = parquet.read_table(path)
    columns = [table[name].to_numpy() for name in table.column_names]
    codes = [n for n in table.column_names if n.startswith("code_")]
    assert codes == [f"code_{j}" for j in range(len(codes))]
    split = len(codes)
    return (np.column_stack(columns[:split]), np.column_stack(columns[split:]),
            table.column_names[split:])  # fmt: skip


def test_codes_are_read_as_a_data_set(digits, tmp_path):
    folder, name = digits
    for suffix in ("npz", "parquet"):
        out = tmp_path / f"codes.{suffix}"
        assert narrows(folder, "encode", f"model={name}", "train", "-o", str(out)) == 0
    with chdir(tmp_path):
        words = [f"dataset.labels=[{','.join(map(repr, '0123456789'))}]"]
        assert narrows(tmp_path, "data", "dataset=arrays", "dataset.path=codes.npz") == 0
        assert narrows(tmp_path, "data", "dataset=table", "dataset.path=codes.parquet", *words) == 0


@pytest.mark.parametrize("kind", ["table", "documents", "images", "arrays"])
def test_files_of_every_kind_without_labels(tmp_path, kind):
    name = train(tmp_path, kind)
    if kind == "images":
        images(tmp_path / "new", 5, seed=4)
    given = {"table": "data.csv", "documents": "data.jsonl", "images": "new", "arrays": "data.npz"}
    assert narrows(tmp_path, "encode", f"model={name}", given[kind], "-o", "c.npz") == 0
    with np.load(tmp_path / "c.npz") as file:
        assert file.files == ["x"]
        assert file["x"].shape == ({"images": 5}.get(kind, 60), 4)
        assert np.isfinite(file["x"]).all()


def test_what_has_no_labels_has_none_in_the_file(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 5))
    y = np.eye(2)[np.arange(60) % 2]
    y[::3] = np.nan
    np.savez(tmp_path / "half.npz", x=x, y=y)
    name = train(tmp_path, "arrays", "dataset.path=half.npz")
    np.savez(tmp_path / "half.npz", x=x, y=y)
    for out in ("c.npz", "c.parquet"):
        assert narrows(tmp_path, "encode", f"model={name}", "train", "-o", out) == 0
    with np.load(tmp_path / "c.npz") as file:
        unknown = (file["y"] == -1).all(1)
    assert 0 < unknown.sum() < len(unknown)
    table = parquet.read_table(tmp_path / "c.parquet")
    assert table[table.column_names[-1]].is_null().to_numpy().tolist() == unknown.tolist()


def test_an_upscaler_encodes_the_small_picture(tmp_path):
    name = train(
        tmp_path, "digits", "task=super_resolution", "task.scale=2", "encoder=mlp", "epochs=1"
    )
    assert narrows(tmp_path, "encode", f"model={name}", "val", "-o", "c.npz") == 0
    val = PackedDataset.open(prepared(tmp_path), "val")
    module = load_run(tmp_path / "runs" / name).module.eval()
    inputs, _ = module.task.prepare(next(val.batches(len(val))))
    with np.load(tmp_path / "c.npz") as file:
        np.testing.assert_allclose(file["x"], encoded(tmp_path, name, inputs), atol=1e-6)


MISTAKES = {
    "encode {model} test -o codes.csv": "--out=codes.csv: write .parquet or .npz behind its name",
    "encode {model} gone.npy -o c.npz": "gone.npy is not there",
    "encode {model} none.rows -o c.npz": "none.rows holds no example",
    "encode {model} test -o there.npz": "there.npz is there already; --overwrite",
    "encode model=gone test -o c.npz": "model=gone: no finished run there",
    "encode gone test -o c.npz": "name the run first, as model=RUN",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_one_line_and_write_nothing(digits, words, capsys):
    folder, name = digits
    rows(folder, "none.rows", [])
    (folder / "there.npz").touch()
    (line,) = refused(folder, words.format(model=f"model={name}").split(), capsys)
    assert MISTAKES[words] in line
