"""Encoders that were pretrained on other inputs than examples: grey ones, or reduced ones."""

import pytest
import torch
from helpers import built, small_config
from trained import found, source

from narrows.cli import main
from narrows.evaluation import load_run
from narrows.runs import RUNS

ENCODER = ["encoder=conv", "encoder.channels=[4]", "encoder.code_size=6"]
QUICK = ["epochs=1", "steps_per_epoch=3", "tracker=none", "trainer=cpu"]
LABELS = ["task=multi_label", "decoder=linear", "loss=logistic"]
TASKS = {
    "colourization": ["task=colourization"],
    "super_resolution": ["task=super_resolution", "task.enlarged=true"],
}
# Steps that change nothing, so that what is left is where training started.
TRANSFERS = {"frozen": [], "finetune": ["optimizer.lr=1e-12"]}


@pytest.fixture(scope="module", params=TASKS)
def pretrained(request, tmp_path_factory):
    """A folder with pictures in colour and a run on them; its name."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = ["decoder=conv", "decoder.channels=[4]", *TASKS[request.param]]
        assert main(["train", *source("images", folder), *ENCODER, *QUICK, *words]) == 0
    return folder, found(folder).pop()


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_labels_are_learned_from_the_pretrained_encoder(pretrained, transfer, monkeypatch):
    folder, name = pretrained
    monkeypatch.chdir(folder)
    before = found(folder)
    words = [*LABELS, f"transfer={transfer}", f"pretrained={name}", *TRANSFERS[transfer]]
    data = ["dataset=image_folder", "dataset.path=photos", "dataset.size=8"]
    assert main(["train", *data, *ENCODER, *QUICK, *words]) == 0
    (run,) = found(folder) - before
    was, now = (load_run(folder / RUNS / r).module.encoder.state_dict() for r in (name, run))
    for weight, values in was.items():
        torch.testing.assert_close(now[weight], values, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        ("enlarged_scenes", ["experiment=label_scenes", "encoder.code_size=128"]),
        ("colourized_photographs", ["experiment=label_corel5k"]),
    ],
)
def test_the_encoder_of_an_experiment_is_that_of_the_run_with_labels(experiment, words):
    encoders = [built(small_config(*w)).encoder for w in ([f"experiment={experiment}"], words)]
    one, other = ({k: v.shape for k, v in e.state_dict().items()} for e in encoders)
    assert one == other
