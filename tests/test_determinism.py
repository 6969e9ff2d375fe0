"""The same (config, seed) gives the same bits, wherever and after whatever it runs."""

import pytest
import torch
from running import SMALL, bits, launch, train

BASE = [*SMALL, "tracker=none", "epochs=2"]
NOISY = [*BASE, "task=denoising", "encoder.dropout=0.3"]


@pytest.mark.parametrize(
    "overrides",
    [
        BASE,
        NOISY,
        [*NOISY, "corruption=masking"],
        [*NOISY, "corruption=salt_and_pepper"],
        [*NOISY, "optimizer=sgd", "optimizer.lr=0.001", "steps_per_epoch=40"],
        ["trainer=cpu", "tracker=none", "epochs=1", "encoder=conv", "decoder=conv"],
        ["trainer=cpu", "tracker=none", "epochs=1", "encoder=pca", "decoder=linear"],
        [*BASE, "task=multi_label", "loss=logistic", "labels=100", "encoder.dropout=0.3"],
        [*BASE, "task=two_views", "corruption=crop", "loss=nt_xent"],
        [*NOISY, "corruption=masking", "transfer=layerwise", "transfer.epochs=1"],
    ],
    ids=[
        "plain",
        "gaussian",
        "masking",
        "salt_and_pepper",
        "sgd",
        "conv",
        "pca",
        "labels",
        "views",
        "layerwise",
    ],
)
def test_twice_in_other_folders(overrides, tmp_path):
    first = train(tmp_path / "a", *overrides)
    # What happened in the process before must not matter.
    torch.manual_seed(1234)
    torch.rand(7)
    torch.set_num_threads(2)
    second = train(tmp_path / "b" / "deep", *overrides)
    assert first.name == second.name
    assert bits(first) == bits(second)


def test_in_another_process(tmp_path):
    here = train(tmp_path / "a", *NOISY)
    process = launch(tmp_path / "b", *NOISY, env={"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "2"})
    assert process.wait(60) == 0
    assert bits(here) == bits(tmp_path / "b" / "runs" / here.name)


def test_other_seed_other_bits(tmp_path):
    first, second = (train(tmp_path, *NOISY, f"seed={seed}") for seed in (0, 1))
    assert first != second
    for name, content in bits(first).items():
        assert bits(second)[name] != content


def test_tracker_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    without = train(tmp_path / "a", *NOISY)
    tracked = train(tmp_path / "b", *[o for o in NOISY if o != "tracker=none"])
    assert (tracked / "wandb").is_dir()
    assert without.name == tracked.name
    assert bits(without) == bits(tracked)
