"""`narrows export`: a file that is right or not there, and that says what it is."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from helpers import built, small_config
from PIL import Image
from trained import prepared, train

from narrows import runs
from narrows.cli import main
from narrows.evaluation import load_run
from narrows.exporting import command
from narrows.exporting.parts import default_part
from narrows.loading import PackedDataset
from narrows.restoring.photos import read_photo
from narrows.restoring.restorer import Restorer

pytestmark = pytest.mark.xdist_group("export")


def properties(path):
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def run_file(path, x):
    return onnxruntime.InferenceSession(str(path)).run(None, {"input": x})[0]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """A folder with a run on documents, and its name."""
    folder = tmp_path_factory.mktemp("documents")
    return folder, train(folder, "documents")


@pytest.fixture(scope="module")
def exported(documents):
    """The file of that run."""
    folder, name = documents
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["export", f"model={name}", "-o", "out/model.onnx"]) == 0
    return folder / "out" / "model.onnx"


def test_probabilities_of_documents(documents, exported):
    folder, name = documents
    module = load_run(folder / "runs" / name).module
    test = PackedDataset.open(prepared(folder), "test")
    expected, _ = module.predictions(test)
    # The run's rows are sparse; the file takes them dense.
    found = run_file(exported, test.x[: len(test)].numpy())
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


def test_the_file_says_what_it_is(documents, exported):
    folder, name = documents
    told, run = properties(exported), folder / "runs" / name
    assert told["run"] == name
    assert told["part"] == "whole"
    assert told["weights_sha256"] == runs.sha256(run / runs.WEIGHTS)
    assert told["input"] == "weights of terms, dense, float32 (batch, 6); see preparation"
    assert told["output"] == "probabilities of labels"
    assert json.loads(told["labels"]) == ["a", "b"]
    assert len(json.loads(told["preparation"])["vocabulary"]) == 6
    assert json.loads(told["decisions"]) == runs.read_decisions(run)
    assert json.loads(told["versions"])["onnx"] == onnx.__version__
    assert str(folder) not in "".join(told.values())
    onnx.checker.check_model(exported, full_check=True)


def test_nothing_is_overwritten_unless_asked(documents, monkeypatch, capsys):
    folder, name = documents
    monkeypatch.chdir(folder)
    (folder / "mine.onnx").write_text("mine")
    assert main(["export", f"model={name}", "-o", "mine.onnx"]) == 2
    assert "mine.onnx is there already; --overwrite replaces it" in capsys.readouterr().err
    assert (folder / "mine.onnx").read_text() == "mine"


def altered(exported, change):
    """Return a writer that writes the file with a change of its first weights."""

    def write(part, example, properties, path):
        model = onnx.load(exported)
        first = next(w for w in model.graph.initializer if w.data_type == onnx.TensorProto.FLOAT)
        values = onnx.numpy_helper.to_array(first) + np.float32(change)
        first.CopyFrom(onnx.numpy_helper.from_array(values, first.name))
        onnx.save(model, path)

    return write


@pytest.mark.parametrize("change", [0.01, np.nan])
def test_a_file_that_is_wrong_is_not_kept(documents, exported, monkeypatch, capsys, change):
    folder, name = documents
    monkeypatch.chdir(folder)
    monkeypatch.setattr(command, "write_graph", altered(exported, change))
    assert main(["export", f"model={name}", "-o", "wrong/model.onnx"]) == 2
    assert "off the run's own values" in capsys.readouterr().err
    assert not list((folder / "wrong").iterdir())
    # The same without a change is right.
    monkeypatch.setattr(command, "write_graph", altered(exported, 0))
    assert main(["export", f"model={name}", "-o", f"right{change}.onnx"]) == 0


def test_a_missing_package_is_told_with_the_remedy(workdir, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    assert main(["export", "model=x", "-o", "m.onnx"]) == 2
    told = capsys.readouterr().err
    assert told == (
        "narrows: error: narrows export needs the package onnxscript; "
        "pip install 'narrows[export]'\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=x"], "model=x: no finished run there"),
        (["x"], "name the run first, as model=RUN"),
        (["model=x", "part=encodr"], "part=encodr is none; did you mean 'encoder'?"),
        (["model=x", "encoder"], "'encoder': write one of part=encoder"),
    ],
)
def test_mistakes_are_told_in_a_line(workdir, capsys, words, message):
    assert main(["export", *words, "-o", "m.onnx"]) == 2
    assert message in capsys.readouterr().err
    assert not list(workdir.iterdir())


def test_weights_of_two_gigabytes_are_refused(documents, monkeypatch, capsys):
    folder, name = documents
    monkeypatch.chdir(folder)
    monkeypatch.setattr("narrows.exporting.graph._MOST", 10)
    assert main(["export", f"model={name}", "-o", "large.onnx"]) == 2
    assert "the weights of part=whole take" in capsys.readouterr().err


def test_a_picture_is_restored_as_by_the_run(workdir):
    """A picture of another size than the examples, from its bytes to bytes."""
    words = ["encoder=residual", "encoder.width=4", "encoder.depth=1", "decoder=subpixel"]
    task = ["task=super_resolution", "decoder.adds=enlarged", "steps_per_epoch=9"]
    assert main(["train", "dataset=digits", "epochs=1", "tracker=none", *words, *task]) == 0
    (model,) = (p for p in (workdir / "runs").iterdir() if not p.name.startswith("."))
    assert main(["export", f"model={model.name}", "part=whole", "-o", "model.onnx"]) == 0
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (21, 34), np.uint8)).save("a.png")
    photo = read_photo("a.png")
    found = run_file("model.onnx", np.float32(photo.pixels[None]) / 255)
    expected = Restorer.of(model.name).restore(photo).pixels
    assert expected.shape == (1, 42, 68)
    assert np.abs(found[0] * 255 - expected).max() < 0.51
    assert properties("model.onnx")["size"] == "any"


@pytest.mark.parametrize(
    ("task", "part"),
    [("reconstruction", "encoder"), ("two_views", "encoder"), ("denoising", "whole")],
)
def test_what_is_exported_unless_it_is_said(task, part):
    loss = "nt_xent" if task == "two_views" else "squared_error"
    assert default_part(built(small_config(f"task={task}", f"loss={loss}"))) == part
