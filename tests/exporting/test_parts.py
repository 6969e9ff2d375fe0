"""Every encoder and decoder as ONNX: onnxruntime gives what the run's own code gives."""

import numpy as np
import onnxruntime
import pytest
import torch
from helpers import built, choices, small_config

from narrows.exporting.enlarging import Enlarge
from narrows.exporting.graph import check_file, write_graph
from narrows.exporting.parts import inputs_of, part_of
from narrows.imaging.lab import to_lab
from narrows.imaging.resize import enlarge
from narrows.loading import PackedDataset
from narrows.restoring.whole import restorer
from narrows.tasks.colourization import coloured, grey_of

LABELS = ("task=multi_label", "loss=logistic")
T91 = ("dataset=t91", "dataset.size=12")
RESIDUAL = (
    *T91,
    "dataset.channels=1",
    "encoder=residual",
    "encoder.width=4",
    "encoder.depth=1",
    "decoder=subpixel",
)
# Each encoder and each decoder is in one of them, but for the linear one: see test_command.py.
RUNS = {
    "pca": ("encoder=pca", "encoder.code_size=5", "decoder.hidden=[6]"),
    "independent": (*LABELS, "encoder=independent", "encoder.code_size=3", "decoder=independent"),
    "grown": (*LABELS, "encoder.hidden=[6]", "decoder=grown", "decoder.added=[1,2]"),
    "colours": (*T91, "task=colourization", "encoder=conv", "encoder.channels=[3,4]",
                "decoder=conv", "decoder.channels=[4,3]"),
    "shrunk": (*RESIDUAL, "task=denoising", "encoder.shrink=2", "decoder.adds=input"),
    "unet": (*T91, "dataset.channels=1", "task=super_resolution", "task.enlarged=true",
             "encoder=unet", "encoder.widths=[3,4]", "decoder=unet", "decoder.widths=[3,4]"),
}  # fmt: skip
FREE = ("shrunk", "unet")
PARTS = [(name, "whole") for name in RUNS] + [("unet", "encoder"), ("unet", "decoder")]


def module_of(name):
    module = built(small_config(*RUNS[name]))
    torch.manual_seed(1)
    for parameter in module.parameters():
        # As large as trained ones, also where they are fitted.
        torch.nn.init.normal_(parameter, std=0.3)
    return module


def exported(name, part, path):
    """Export a part; return the module, the part and the inputs."""
    module = module_of(name)
    labels = len(module.spec.labels)
    x = torch.rand(3, *module.spec.shape)
    data = PackedDataset(x, torch.zeros(3, labels, dtype=torch.uint8))
    found = part_of(module, part)
    inputs = inputs_of(module, found, data)
    write_graph(found, inputs[-1], {"part": part}, path)
    return module, found, inputs


def run_file(path, x):
    return onnxruntime.InferenceSession(str(path)).run(None, {"input": x.numpy()})[0]


@torch.no_grad()
def by_hand(name, part, module, x):
    """Return what comes out, written down for each kind of run."""
    if part == "encoder":
        return module.encoder(x)
    if part == "decoder":
        return module.loss.predict(module.decoder(x))
    if name == "colours":
        grey = grey_of(to_lab(x))
        return coloured(grey, module.decoder(module.encoder(grey)))
    if name in FREE:
        return restorer(module)(enlarge(x, 2) if name == "unet" else x).clamp(0, 1)
    output = module.decoder(module.encoder(x))
    return output.clamp(0, 1) if name == "pca" else output.sigmoid()


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_a_file_gives_what_the_run_gives(name, part, tmp_path):
    path = tmp_path / "model.onnx"
    module, found, inputs = exported(name, part, path)
    assert check_file(path, found, inputs).largest < 1e-4
    assert bool(found.free) == (name in FREE)
    shape = found.shape
    if found.free:
        # Neither the size nor the number of examples that it was made with.
        multiple = found.free.multiple
        shape = (shape[0], 7 * multiple, 5 * multiple)
    x = torch.rand(5, *shape)
    expected = by_hand(name, part, module, x)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(run_file(path, x), expected.numpy(), atol=1e-4)


def test_every_encoder_and_decoder_is_among_them():
    modules = [module_of(name) for name in RUNS]
    for part in ("encoder", "decoder"):
        found = {type(getattr(module, part)).__module__.rsplit(".", 1)[1] for module in modules}
        assert found == set(choices(part)) - {"linear"}


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (2, 9), (13, 6)])
def test_enlarging_is_the_same_by_convolution(factor, size):
    x = torch.rand(2, 3, *size)
    torch.testing.assert_close(Enlarge(factor)(x), enlarge(x, factor), atol=1e-6, rtol=0)
