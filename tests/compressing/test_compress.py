"""`narrows compress` and `decompress` on small trained runs."""

import shutil
from contextlib import chdir
from itertools import pairwise

import numpy as np
import pytest
import torch
from coded import narrows, refused, train
from PIL import Image
from pyarrow import csv
from sklearn.decomposition import PCA
from trained import prepared, rows

from narrows import runs
from narrows.compressing.components import Components
from narrows.compressing.making import Coded, make_codec, training_codes
from narrows.evaluation import load_run
from narrows.files import read_json
from narrows.loading import PackedDataset

FIRST = range(300)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with a run on digits, and its name."""
    folder = tmp_path_factory.mktemp("digits")
    return folder, train(folder, "digits", "loss=bounded_error")


@pytest.fixture
def work(digits, tmp_path):
    """A copy of it, without what other tests have put there."""
    folder, name = digits
    for part in ("data", f"runs/{name}"):
        shutil.copytree(folder / part, tmp_path / part, ignore=shutil.ignore_patterns("codec-*"))
    return tmp_path, name


def expected(folder, name, part, bits):
    """What the decoder makes of the test part's quantized codes, written out."""
    module = load_run(folder / runs.RUNS / name).module.eval()
    with chdir(folder):
        quantizer = Coded(name).codec(bits).quantizer
    with torch.no_grad():
        z = module.encoder(PackedDataset.open(prepared(folder), part).x.float() / 255)
        back = torch.from_numpy(quantizer.codes(quantizer.symbols(z.numpy())))
        return module.decoder(back).sigmoid()


@pytest.mark.parametrize("bits", ["8", "4", "pq"])
def test_the_round_trip_is_the_decoders_output_to_the_bit(work, bits, capsys):
    folder, name = work
    assert narrows(folder, "compress", f"model={name}", "test", "-o", "c", f"bits={bits}") == 0
    told = capsys.readouterr().out.splitlines()[-1]
    n, size = len(PackedDataset.open(prepared(folder), "test")), (folder / "c").stat().st_size
    unit = f"{size} B" if size < 1000 else f"{size / 1000:.3g} kB"
    assert told == f"{n} examples in {unit}, {size / n:.4g} bytes each: c"
    assert narrows(folder, "decompress", f"model=runs/{name}", "c", "-o", "x.npy") == 0
    output = expected(folder, name, "test", bits)
    assert np.array_equal(np.load(folder / "x.npy"), output)
    assert narrows(folder, "decompress", f"model={name}", "c", "-o", "out") == 0
    pictures = sorted((folder / "out").iterdir())
    assert [p.name for p in pictures] == [f"{i:03}.png" for i in range(n)]
    pixels = np.stack([np.asarray(Image.open(p)) for p in pictures])
    assert np.array_equal(pixels, (output[:, 0] * 255).round().byte())


def test_the_same_run_elsewhere_without_its_data_makes_examples_again(work, tmp_path):
    folder, name = work
    given = rows(folder, "some.rows", FIRST)
    assert narrows(folder, "compress", f"model={name}", given, "bits=4", "-o", "c.narrows") == 0
    there = tmp_path / "there"
    shutil.copytree(folder / "runs", there / "runs")
    shutil.copy(folder / "c.narrows", there)
    assert narrows(there, "decompress", f"model={name}", "c.narrows", "-o", "x.npy") == 0
    assert np.load(there / "x.npy").shape == (300, 1, 8, 8)
    assert sorted(p.name for p in there.iterdir()) == ["c.narrows", "runs", "x.npy"]


def test_files_of_another_model_or_codec_are_refused(work, capsys):
    folder, name = work
    assert narrows(folder, "compress", f"model={name}", "val", "-o", "c") == 0
    other = train(folder, "digits", "loss=bounded_error", "seed=1")
    capsys.readouterr()
    assert narrows(folder, "decompress", f"model={other}", "c", "-o", "out") == 2
    assert "c was written with another model than runs/" in capsys.readouterr().err
    (path,) = (folder / "runs" / name).glob("codec-8-*")
    with chdir(folder):
        coded = Coded(name)
        codes, sensitive = training_codes(coded.module, prepared(folder))
        path.write_bytes(make_codec(codes[:99], sensitive, "8").packed())
    assert narrows(folder, "decompress", f"model={name}", "c", "-o", "out") == 2
    assert "c was written with another codec than runs/" in capsys.readouterr().err
    path.write_bytes(b"broken")
    assert narrows(folder, "decompress", f"model={name}", "c", "-o", "out") == 2
    assert f"{path.name} is broken; delete it" in capsys.readouterr().err
    (folder / "c").write_bytes((folder / "c").read_bytes()[:-1])
    assert narrows(folder, "decompress", f"model={name}", "c", "-o", "out") == 2
    assert "c is broken or not whole" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_a_table_comes_back_as_numbers(tmp_path):
    name = train(tmp_path, "table")
    assert narrows(tmp_path, "compress", f"model={name}", "data.csv", "-o", "c") == 0
    for out in ("x.csv", "x.npy"):
        assert narrows(tmp_path, "decompress", f"model={name}", "c", "-o", out) == 0
    array = np.load(tmp_path / "x.npy")
    read = csv.read_csv(tmp_path / "x.csv")
    assert read.column_names == [f"value_{j}" for j in range(array.shape[1])]
    found = np.column_stack([column.to_numpy() for column in read.columns])
    np.testing.assert_allclose(found, array, rtol=1e-6)


MISTAKES = {
    "compress {model} -o c": "name one file or folder",
    "compress {model} test val -o c": "name one file or folder",
    "compress {model} test bits=4 bits=8 -o c": "bits=… once at most",
    "compress {model} test bits=9 -o c": "bits=9 is no choice; known: 2, 3",
    "compress {model} test": "name the file of the codes",
    "compress {model} gone.npy -o c": "gone.npy is not there",
    "compress {model} test -o data": "--out=data is a folder",
    "compress {model} test -o there.npy": "there.npy is there already; --overwrite",
    "compress {model} test --curve": "test has no effect with --curve",
    "compress {model} --curve --overwrite": "--overwrite has no effect with --curve",
    "compress {model} --curve -o there.npy": "there.npy is a file; name a folder",
    "compress digits test -o c": "name the run first, as model=RUN",
    "compress model=gone test -o c": "model=gone: no finished run there",
    "decompress {model} there.npy -o out": "there.npy is no file of codes",
    "decompress {model} c -o data": "data is not empty; --overwrite",
    "decompress {model} c -o there.npy": "there.npy is there already; --overwrite",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_one_line_and_write_nothing(digits, words, capsys):
    folder, name = digits
    np.save(folder / "there.npy", np.zeros(3))
    (line,) = refused(folder, words.format(model=f"model={name}").split(), capsys)
    assert MISTAKES[words] in line


def test_runs_that_give_no_examples_back_are_refused(digits, tmp_path, capsys):
    folder, _ = digits
    shutil.copytree(folder / "data", tmp_path / "data")
    name = train(tmp_path, "digits", "task=multi_label", "decoder=linear", "loss=logistic")
    assert narrows(tmp_path, "compress", f"model={name}", "test", "-o", "c") == 2
    assert "has task=multi_label, and its decoder does not give" in capsys.readouterr().err


def test_the_curve_measures_what_files_hold(work, capsys):
    folder, name = work
    assert narrows(folder, "compress", f"model={name}", "--curve") == 0
    run = folder / "runs" / name
    found = read_json(run / "rate-distortion.json")
    page = (run / "rate-distortion.html").read_text()
    told = capsys.readouterr().out
    assert "page: runs/" in told
    assert told.splitlines()[0] in page
    exact = read_json(run / "evaluation.json")
    assert found["unquantized"]["sse"] == pytest.approx(exact["sse"], rel=1e-5)
    assert found["unquantized"]["psnr"] == pytest.approx(exact["psnr"], rel=1e-5)
    test = PackedDataset.open(prepared(folder), "test").x.double() / 255
    points = {point["setting"]: point for point in found["points"]}
    for bits, setting in (("4", "4 bits"), ("pq", "pq, 4 values a byte")):
        narrows(folder, "compress", f"model={name}", "test", "-o", bits, f"bits={bits}")
        size = (folder / bits).stat().st_size
        # The header has the setting's name.
        assert points[setting]["bytes"] == pytest.approx(size / len(test), abs=0.1)
        sse = float((expected(folder, name, "test", bits) - test).square().sum()) / len(test)
        assert points[setting]["sse"] == pytest.approx(sse, rel=1e-5)
        assert points[setting]["psnr"] == pytest.approx(10 * np.log10(64 / sse), rel=1e-5)
        beside = points[setting]["components"]
        assert beside["bytes"] == pytest.approx(points[setting]["bytes"], rel=0.1)
    # More bytes, less error, for each way to compress.
    for curve in ([points[f"{b} bits"] for b in (2, 4, 6, 8)], *found["formats"].values()):
        for a, b in pairwise(curve):
            assert a["bytes"] < b["bytes"]
            assert a["sse"] > b["sse"]
    assert set(found["formats"]) == {
        f"{name}, {how}" for name in ("JPEG", "WebP") for how in ("a file each", "in sheets")
    }


@pytest.mark.parametrize(("size", "wide"), [(64, True), (63, False)])
def test_codes_that_are_no_narrower_than_examples_are_told(tmp_path, capsys, size, wide):
    name = train(tmp_path, "digits", "loss=bounded_error", f"encoder.code_size={size}")
    assert narrows(tmp_path, "compress", f"model={name}", "--curve") == 0
    told = "A code has 64 numbers and an example 64 values"
    page = (tmp_path / "runs" / name / "rate-distortion.html").read_text()
    assert [told in capsys.readouterr().out, told in page] == [wide, wide]


def test_principal_components_are_those_of_scikit_learn(digits):
    folder, name = digits
    train = PackedDataset.open(prepared(folder), "train")
    spec = runs.read_spec(folder / "runs" / name)
    components = Components.of(train, spec)
    x = (train.x.double() / 255).flatten(1).numpy()
    pca = PCA(64).fit(x)
    np.testing.assert_allclose(np.abs(components.codes), np.abs(pca.transform(x)), atol=1e-4)
    # A step s that is small against all leaves an error of s² / 12 in each component that varies.
    codec = components.codec(400)
    symbols = codec.quantizer.symbols(components.codes)
    back = components.decode(torch.from_numpy(codec.quantizer.codes(symbols)))
    sse = float((back - torch.from_numpy(x)).square().sum(1).mean())
    varying = int((codec.quantizer.levels > 1).sum())
    assert sse == pytest.approx(varying * codec.quantizer.step.max() ** 2 / 12, rel=0.05)
    assert codec.bits(components.codes) == pytest.approx(400, rel=0.01)
