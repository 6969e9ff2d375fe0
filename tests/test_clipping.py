"""gradient_clip_val: how far one step of plain gradient descent goes, at most."""

import pytest
import torch
from running import SMALL, bits, code_of_train, train
from safetensors.torch import load_file

from narrows import runs
from narrows.evaluation import load_run
from narrows.files import read_yaml, write_yaml

DESCENT = [*SMALL, "tracker=none", "optimizer=sgd", "optimizer.momentum=0", "epochs=1"]


def weights(folder):
    """Return all weights of a run in one vector."""
    found = load_file(folder / runs.WEIGHTS)
    return torch.cat([found[name].double().flatten() for name in sorted(found)])


def test_a_step_is_as_long_as_the_limit_in_the_same_direction(tmp_path):
    start = weights(train(tmp_path, *DESCENT, "steps_per_epoch=1", "optimizer.lr=1e-30"))
    words = [*DESCENT, "steps_per_epoch=1", "optimizer.lr=1"]
    whole = weights(train(tmp_path, *words)) - start
    short = weights(train(tmp_path, *words, "gradient_clip_val=0.01")) - start
    assert whole.norm() > 0.1
    assert short.norm() == pytest.approx(0.01, rel=1e-4)
    assert torch.cosine_similarity(whole, short, dim=0) == pytest.approx(1, abs=1e-4)
    # The first of two steps takes another way through the module, and has the same length.
    words = [*DESCENT, "steps_per_epoch=2", "optimizer.lr=1", "gradient_clip_val=0.01"]
    both = weights(train(tmp_path, *words)) - start
    assert (both - short).norm() == pytest.approx(0.01, rel=1e-4)


def test_a_limit_that_is_never_reached_changes_no_bit(tmp_path):
    words = [*DESCENT, "steps_per_epoch=3"]
    free = train(tmp_path, *words)
    assert bits(train(tmp_path, *words, "gradient_clip_val=1e9")) == bits(free)


def test_a_run_from_before_there_was_a_limit_is_still_read(tmp_path):
    folder = train(tmp_path, *DESCENT, "steps_per_epoch=1")
    config = read_yaml(folder / runs.CONFIG)
    del config["gradient_clip_val"]
    write_yaml(folder / runs.CONFIG, config)
    assert load_run(folder).module.gradient_clip_val is None


def test_no_limit_of_zero(tmp_path, capfd):
    assert code_of_train(tmp_path, *DESCENT, "gradient_clip_val=0") == 2
    assert "gradient_clip_val=0" in capfd.readouterr().err
